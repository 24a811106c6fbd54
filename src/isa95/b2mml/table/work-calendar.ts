/**
 * Working calendars: entries of working and other time, and the rules they follow.
 * Each row is `field: "cardinality kind"`, in the order of the schema; `row.ts` says how rows are read.
 * @source MESA B2MML 7.0.1, B2MML-WorkCalendar.xsd
 */
import type { Tables } from "../row.ts";

export const workCalendarTables = {
  WorkCalendar: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    WorkCalendarEntry: "+ WorkCalendarEntry",
    WorkCalendarProperty: "* WorkCalendarProperty",
  },
  WorkCalendarEntry: {
    ID: "1 Identifier",
    Description: "* Text",
    PublishedDate: "? DateTime",
    StartDateTime: "? DateTime",
    FinishDateTime: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    EntryType: "? Code",
    WorkCalendarEntryChild: "* WorkCalendarEntry",
    WorkCalendarDefintionEntryID: "? Identifier",
    WorkCalendarEntryProperty: "* WorkCalendarEntryProperty",
  },
  WorkCalendarEntryProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkCalendarDefintionEntryPropertyID: "? Identifier",
    WorkCalendarEntryPropertyChild: "* WorkCalendarEntryProperty",
  },
  WorkCalendarProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkCalendarPropertyChild: "* WorkCalendarProperty",
    WorkCalendarDefintionPropertyID: "? Identifier",
  },
  WorkCalendarDefinition: {
    ID: "1 Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    WorkCalendarDefinitionEntry: "+ WorkCalendarDefinitionEntry",
    WorkCalendarDefinitionProperty: "* WorkCalendarDefinitionProperty",
  },
  WorkCalendarDefinitionEntry: {
    ID: "? Identifier",
    Description: "* Text",
    Version: "? Identifier",
    PublishedDate: "? DateTime",
    EffectiveStartDate: "? DateTime",
    EffectiveEndDate: "? DateTime",
    HierarchyScope: "? HierarchyScope",
    RecurrenceTime: "? Code",
    DurationRule: "? Code",
    EntryType: "? Code",
    WorkCalendarDefinitionEntryChild: "* WorkCalendarDefinitionEntry",
    WorkCalendarDefinitionEntryProperty: "* WorkCalendarDefinitionEntryProperty",
  },
  WorkCalendarDefinitionEntryProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkCalendarDefinitionEntryPropertyChild: "* WorkCalendarDefinitionEntryProperty",
  },
  WorkCalendarDefinitionProperty: {
    ID: "1 Identifier",
    Description: "* Text",
    Value: "* Value",
    WorkCalendarDefinitionPropertyChild: "* WorkCalendarDefinitionProperty",
  },
  WorkCalendarInformation: {
    ID: "? Identifier",
    Description: "* Text",
    HierarchyScope: "? HierarchyScope",
    PublishedDate: "? DateTime",
    WorkCalendar: "* WorkCalendar",
    WorkCalendarDefinition: "* WorkCalendarDefinition",
  },
} as const satisfies Tables;
