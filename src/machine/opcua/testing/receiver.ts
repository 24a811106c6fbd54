/** Places of job control in the test machine, of this edition and of the older one. Only for tests. */
import { DataType, StatusCodes, type UAObject, type UAVariable, Variant, VariantArrayType } from "node-opcua";
import { jobControlUri, type TestServer } from "./server.ts";

const olderJobControlUri = "http://opcfoundation.org/UA/ISA95-JOBCONTROL/";

/** A job order receiver whose methods answer what `answer` says; null: never. */
export function addReceiver(
  machine: TestServer,
  name: string,
  answer: (method: string, input: unknown) => bigint | null,
): UAObject {
  const type = machine.space.findObjectType(
    "ISA95JobOrderReceiverObjectType",
    machine.space.getNamespaceIndex(jobControlUri),
  );
  const methods = ["Store", "Start", "RevokeStart", "Cancel", "Clear"];
  const receiver = type?.instantiate({
    browseName: name,
    namespace: machine.namespace,
    nodeId: `s=${name}`,
    componentOf: machine.machine,
    optionals: ["MaxDownloadableJobOrders", ...methods],
  });
  if (!receiver) throw new Error("no receiver type");
  for (const method of methods) {
    receiver.getMethodByName(method)?.bindMethod(async (inputs: Variant[], _context: unknown) => {
      const status = answer(method, inputs[0]?.value);
      if (status === null) await new Promise(() => {});
      const value = [Number((status ?? 0n) >> 32n), Number((status ?? 0n) & 0xffff_ffffn)];
      const returned = new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value });
      return { statusCode: StatusCodes.Good, outputArguments: [returned] };
    });
  }
  return receiver;
}

/** The list and the capacity that a receiver shows. */
export function showOrders(receiver: UAObject, orders: readonly unknown[], capacity: number): void {
  const variable = (name: string): UAVariable => receiver.getChildByName(name) as UAVariable;
  variable("JobOrderList").setValueFromSource({
    dataType: DataType.ExtensionObject,
    arrayType: VariantArrayType.Array,
    value: [...orders],
  });
  variable("MaxDownloadableJobOrders").setValueFromSource({ dataType: DataType.UInt16, value: capacity });
}

/** What a machine of the older edition has: a Store method that takes a type of another namespace. */
export function addOlderReceiver(machine: TestServer, name: string): void {
  const older = machine.space.registerNamespace(olderJobControlUri);
  const type = older.createDataType({
    browseName: "ISA95JobOrderDataType",
    isAbstract: false,
    subtypeOf: "Structure",
  });
  const object = machine.folderAt(name);
  const method = machine.namespace.addMethod(object, {
    browseName: "Store",
    inputArguments: [{ name: "JobOrder", dataType: type.nodeId, description: { text: "" } }],
    outputArguments: [],
  });
  method.bindMethod(async (_inputs: Variant[], _context: unknown) => ({
    statusCode: StatusCodes.Good,
    outputArguments: [],
  }));
}
