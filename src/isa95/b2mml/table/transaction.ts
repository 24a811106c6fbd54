/**
 * What carries the nouns: the application area of a message, what each verb says, confirmation, error and profile.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-Common.xsd, B2MML-ConfirmBOD.xsd, B2MML-ErrorMessage.xsd, B2MML-TransactionProfile.xsd
 */
import type { Tables } from "../row.ts";

export const transactionTables = {
  ConfirmBOD: {
    ApplicationArea: "1 ApplicationArea",
    DataArea: "1 ConfirmBODDataArea",
  },
  ConfirmBODDataArea: {
    Confirm: "1 Confirm",
    BOD: "+ BOD",
  },
  BOD: {
    OriginalApplicationArea: "? ApplicationArea",
    Description: "* Text",
    Note: "* Text",
    UserArea: "? UserArea",
  },
  ApplicationArea: {
    Sender: "? Sender",
    Receiver: "* Receiver",
    CreationDateTime: "1 DateTime",
    Signature: "? Signature",
    BODID: "? Identifier",
    UserArea: "? UserArea",
  },
  Sender: {
    LogicalID: "? Identifier",
    ComponentID: "? Identifier",
    TaskID: "? Identifier",
    ReferenceID: "? Identifier",
    ConfirmationCode: "? ConfirmationCode",
    AuthorizationID: "? Identifier",
  },
  Receiver: {
    LogicalID: "? Identifier",
    ComponentID: "? Identifier",
    ID: "* Identifier",
  },
  Signature: {
    qualifyingAgencyID: "? normalizedString",
  },
  UserArea: {},
  Expression: {
    $: "? token",
    actionCode: "1 string",
    expressionLanguage: "? token",
  },
  Confirm: {
    OriginalApplicationArea: "? ApplicationArea",
    ResponseCriteria: "* ResponseCriteria",
  },
  ResponseCriteria: {
    ResponseExpression: "? Expression",
    ChangeStatus: "? ChangeStatus",
  },
  ChangeStatus: {
    Code: "? Code",
    Description: "* Text",
    EffectiveDateTime: "? DateTime",
    ReasonCode: "? Code",
    Reason: "* Code",
    StateChange: "* StateChange",
    UserArea: "? UserArea",
  },
  StateChange: {
    FromStateCode: "? Code",
    ToStateCode: "? Code",
    ChangeDateTime: "? DateTime",
    Description: "* Text",
    Note: "* Text",
    UserArea: "? UserArea",
  },
  Get: {
    Expression: "* token",
  },
  Show: {
    OriginalApplicationArea: "? ApplicationArea",
    ResponseCriteria: "* ResponseCriteria",
  },
  Process: {
    ActionCriteria: "* ActionCriteria",
    acknowledgeCode: "? ResponseCode",
  },
  ActionCriteria: {
    ActionExpression: "* Expression",
    ChangeStatus: "? ChangeStatus",
  },
  Acknowledge: {
    OriginalApplicationArea: "? ApplicationArea",
    ResponseCriteria: "* ResponseCriteria",
  },
  Change: {
    ActionCriteria: "* ActionCriteria",
    responseCode: "? ResponseCode",
  },
  Respond: {
    OriginalApplicationArea: "? ApplicationArea",
    ResponseCriteria: "* ResponseCriteria",
  },
  Cancel: {
    ActionCriteria: "* ActionCriteria",
  },
  Sync: {
    ActionCriteria: "* ActionCriteria",
  },
  ErrorMessage: {
    ErrorDescription: "* string",
    ThrownFrom: "1 string",
    TimeStamp: "1 DateTime",
    ErrorType: "1 ErrorType",
    ErrorCode: "? string",
    CausedBy: "? ErrorMessage",
  },
  TransactionProfile: {
    ID: "1 Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    SupportedAction: "* SupportedAction",
    releaseID: "1 normalizedString",
    versionID: "? normalizedString",
  },
  SupportedAction: {
    ID: "1 Identifier",
    Description: "* Text",
    TransactionVerb: "1 TransactionVerb",
    TransactionNoun: "1 TransactionNoun",
    InformationUser: "? Indicator",
    InformationProvider: "? Indicator",
    InformationSender: "? Indicator",
    InformationReceiver: "? Indicator",
    ObjectWildcardSupported: "? Indicator",
    PropertyWildcardSupported: "? Indicator",
    releaseID: "1 normalizedString",
    versionID: "? normalizedString",
  },
} as const satisfies Tables;
