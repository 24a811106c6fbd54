/** Answers of the simulated ERP as they go over HTTP: data, and errors in the envelope of the real system. */
import type { Refusal } from "./message.ts";
import type { FunctionMessage } from "./service/handler.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

const json = { "content-type": "application/json;charset=utf-8", dataserviceversion: "2.0" } as const;

export function dataReply(status: number, d: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify({ d }) };
}

export function textReply(status: number, type: string, body: string, headers: Reply["headers"] = {}): Reply {
  return { status, headers: { "content-type": type, ...headers }, body };
}

export function refusalReply(refusal: Refusal, transaction: string): Reply {
  const detail = {
    code: refusal.code,
    message: refusal.text,
    propertyref: "",
    severity: "error",
    target: refusal.target,
  };
  const error = {
    code: refusal.code,
    message: { lang: "en", value: refusal.text },
    innererror: {
      application: { component_id: "PP-SFC", service_namespace: "/SAP/", service_id: "", service_version: "0001" },
      transactionid: transaction.replaceAll("-", "").toUpperCase(),
      Error_Resolution: { SAP_Transaction: "" },
      errordetails: [detail],
    },
  };
  return { status: refusal.status, headers: json, body: JSON.stringify({ error }) };
}

export function messageReply(name: string, message: FunctionMessage): Reply {
  return dataReply(200, {
    [name]: {
      __metadata: { type: "FunctionMessage" },
      SystemMessageType: message.type,
      SystemMessageIdentification: message.id,
      SystemMessageNumber: message.number,
      SystemMessageLongText: message.text,
      SystemMessageVariable1: message.variable,
      SystemMessageVariable2: "",
      SystemMessageVariable3: "",
      SystemMessageVariable4: "",
    },
  });
}

export function notFound(what: string): Refusal {
  return { status: 404, code: "/IWBEP/CM_MGW_RT/020", text: `Resource not found for segment '${what}'`, target: "" };
}
