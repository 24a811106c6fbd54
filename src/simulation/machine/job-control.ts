/**
 * The job list over OPC UA: JobOrderControl and JobOrderResults of ISA-95 Job Control V2 (OPC 10031-4). A call always
 * returns Good; what came of it is in ReturnStatus.
 */
import {
  DataType,
  LocalizedText,
  StatusCodes,
  Variant,
  VariantArrayType,
  type AddressSpace,
  type CallMethodResultOptions,
  type ExtensionObject,
  type ISessionContext,
  type UADataType,
  type UAObject,
  type UAVariable,
} from "node-opcua";
import { assert } from "../../base/result.ts";
import type { MachineNodes } from "./address-space.ts";
import { jobStateName, returnStatus, type JobCommand, type JobContent, type StoredJob } from "./job-list.ts";
import type { Frame, Machine } from "./machine.ts";
import type { Setpoints } from "./setpoints.ts";

const jobControlUri = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const commands: readonly JobCommand[] = ["Start", "RevokeStart", "Pause", "Resume", "Stop", "Abort", "Cancel", "Clear"];

export interface JobControlOf {
  readonly machine: Machine;
  readonly setpoints: Setpoints;
  readonly now: () => number;
  /** Frames that a command caused. */
  said(frames: readonly Frame[]): void;
}

export function addJobControl(addressSpace: AddressSpace, nodes: MachineNodes, of: JobControlOf): void {
  const control = new JobControl(addressSpace, nodes, of);
  of.machine.jobs.onChange((job, change) => control.tell(job, change));
}

class JobControl {
  readonly #addressSpace: AddressSpace;
  readonly #nodes: MachineNodes;
  readonly #of: JobControlOf;
  readonly #index: number;
  readonly #receiver: UAObject;
  readonly #provider: UAObject;
  readonly #types = new Map<string, UADataType>();

  constructor(addressSpace: AddressSpace, nodes: MachineNodes, of: JobControlOf) {
    this.#addressSpace = addressSpace;
    this.#nodes = nodes;
    this.#of = of;
    this.#index = addressSpace.getNamespaceIndex(jobControlUri);
    this.#receiver = this.#instantiate("ISA95JobOrderReceiverObjectType", "JobOrderControl", [
      "Store",
      "StoreAndStart",
      "Update",
      "MaxDownloadableJobOrders",
      ...commands,
    ]);
    this.#provider = this.#instantiate("ISA95JobResponseProviderObjectType", "JobOrderResults", [
      "JobOrderResponseList",
      "RequestJobResponseByJobOrderID",
      "RequestJobResponseByJobOrderState",
    ]);
    this.#fillConstants();
    this.#bind();
    this.#publish();
  }

  tell(job: StoredJob, change: "state" | "removed"): void {
    this.#publish();
    if (change === "state") this.#raise(job);
  }

  #instantiate(type: string, browseName: string, optionals: string[]): UAObject {
    const objectType = this.#addressSpace.findObjectType(type, this.#index);
    assert(objectType, `${type} is in the nodeset`);
    return objectType.instantiate({
      nodeId: `ns=${this.#nodes.namespace.index};s=${this.#of.machine.profile.name}/${browseName}`,
      namespace: this.#nodes.namespace,
      browseName,
      componentOf: this.#nodes.object,
      optionals,
      eventNotifier: 1,
      eventSourceOf: this.#nodes.object,
    });
  }

  #fillConstants(): void {
    const set = (name: string, variant: Variant): void =>
      this.#variable(this.#receiver, name).setValueFromSource(variant);
    set("MaxDownloadableJobOrders", new Variant({ dataType: DataType.UInt16, value: this.#of.machine.jobs.capacity }));
    set("EquipmentID", strings([this.#of.machine.profile.name]));
    set("MaterialDefinitionID", strings(this.#of.machine.profile.articles.map((article) => article.article)));
    for (const name of ["MaterialClassID", "PhysicalAssetID", "PersonnelID"]) set(name, strings([]));
    set("WorkMaster", structures([]));
  }

  #bind(): void {
    const method = (
      owner: UAObject,
      name: string,
      call: (values: readonly unknown[]) => CallMethodResultOptions,
    ): void => {
      const found = owner.getMethodByName(name);
      assert(found, `${name} is a method of the type`);
      // node-opcua tells a promise from a callback by the number of parameters.
      found.bindMethod(async (variants: Variant[], _context: ISessionContext) =>
        call(variants.map((variant): unknown => variant.value)),
      );
    };
    method(this.#receiver, "Store", ([order]) => status(this.#store(order, "stored")));
    method(this.#receiver, "StoreAndStart", ([order]) => status(this.#store(order, "allowed")));
    method(this.#receiver, "Update", ([order]) => status(this.#of.machine.jobs.update(contentOf(order))));
    for (const command of commands) {
      method(this.#receiver, command, ([id]) => status(this.#command(command, typeof id === "string" ? id : "")));
    }
    method(this.#provider, "RequestJobResponseByJobOrderID", ([id]) => {
      const job = this.#of.machine.jobs.get(String(id));
      const answer = new Variant({ dataType: DataType.ExtensionObject, value: this.#response(job) });
      return status(job ? returnStatus.noError : returnStatus.unknownJobOrder, answer);
    });
    method(this.#provider, "RequestJobResponseByJobOrderState", ([states]) => {
      const wanted = new Set((Array.isArray(states) ? states : []).map((s: { stateNumber?: number }) => s.stateNumber));
      const found = this.#of.machine.jobs.all.filter((job) => wanted.has(job.state)).map((job) => this.#response(job));
      return status(wanted.size > 0 ? returnStatus.noError : returnStatus.invalidRequest, structures(found));
    });
  }

  #store(order: unknown, as: "stored" | "allowed"): bigint {
    const content = contentOf(order);
    const stored = this.#of.machine.jobs.store(content);
    return as === "allowed" && stored === returnStatus.noError ? this.#command("Start", content.id) : stored;
  }

  #command(command: JobCommand, id: string): bigint {
    const { machine, setpoints, now } = this.#of;
    const at = now();
    const change =
      command === "Start"
        ? { allowedAt: at, setpoints: setpoints.active }
        : command === "RevokeStart"
          ? { allowedAt: null }
          : {};
    const done = machine.jobs.apply(command, id, change);
    const isOpen = machine.runs.at(-1)?.job === id && machine.runs.at(-1)?.endedAt === null;
    if (done !== returnStatus.noError || !isOpen) return done;
    if (command === "Pause") this.#of.said(machine.pause(at));
    if (command === "Resume") this.#of.said(machine.resume(at));
    if (command === "Stop") this.#of.said(machine.stop(at, "Stopped"));
    if (command === "Abort") this.#of.said(machine.stop(at, "Aborted"));
    return done;
  }

  #publish(): void {
    const jobs = this.#of.machine.jobs.all;
    const entries = jobs.map((job) =>
      this.#make("ISA95JobOrderAndStateDataType", {
        jobOrder: job.content.received ?? this.#make("ISA95JobOrderDataType", { jobOrderID: job.content.id }),
        state: [this.#state(job)],
      }),
    );
    this.#variable(this.#receiver, "JobOrderList").setValueFromSource(structures(entries));
    this.#variable(this.#provider, "JobOrderResponseList").setValueFromSource(
      structures(jobs.map((job) => this.#response(job))),
    );
  }

  #raise(job: StoredJob): void {
    const text = `${job.content.id}: ${jobStateName[job.state]}`;
    this.#provider.raiseEvent(this.#statusEvent(), {
      severity: { dataType: DataType.UInt16, value: 100 },
      message: { dataType: DataType.LocalizedText, value: new LocalizedText({ text, locale: "en" }) },
      jobResponse: { dataType: DataType.ExtensionObject, value: this.#response(job) },
      jobState: structures([this.#state(job)]),
    });
  }

  /** The standard's own event type is abstract: machines have a subtype. One for all machines of a server. */
  #statusEvent(): Parameters<UAObject["raiseEvent"]>[0] {
    const { namespace } = this.#nodes;
    const known = this.#addressSpace.findEventType("JobOrderStatusEventType", namespace.index);
    if (known) return known;
    const standard = this.#addressSpace.findEventType("ISA95JobOrderStatusEventType", this.#index);
    assert(standard, "the event type is in the nodeset");
    return namespace.addEventType({ browseName: "JobOrderStatusEventType", subtypeOf: standard });
  }

  #state(job: StoredJob): ExtensionObject {
    const name = jobStateName[job.state];
    const targetName = { namespaceIndex: this.#index, name };
    return this.#make("ISA95StateDataType", {
      browsePath: { elements: [{ referenceTypeId: "i=47", isInverse: false, includeSubtypes: true, targetName }] },
      stateText: new LocalizedText({ text: name, locale: "en" }),
      stateNumber: job.state,
    });
  }

  #response(job: StoredJob | undefined): ExtensionObject {
    if (!job) return this.#make("ISA95JobResponseDataType", { jobResponseID: "", jobOrderID: "", jobState: [] });
    const record = job.run === null ? undefined : this.#of.machine.runs[job.run - 1];
    const figures = record ? { GoodPieces: record.good, ScrapPieces: record.scrap, Run: record.run } : {};
    const { id } = job.content;
    return this.#make("ISA95JobResponseDataType", {
      jobResponseID: `${id}/response`,
      jobOrderID: id,
      jobState: [this.#state(job)],
      ...(job.startedAt === null ? {} : { startTime: new Date(job.startedAt) }),
      ...(job.endedAt === null ? {} : { endTime: new Date(job.endedAt) }),
      jobResponseData: Object.entries(figures).map(([ID, value]) =>
        this.#make("ISA95ParameterDataType", { ID, value: new Variant({ dataType: DataType.UInt32, value }) }),
      ),
    });
  }

  #make(name: string, fields: Record<string, unknown>): ExtensionObject {
    const type = this.#types.get(name) ?? this.#addressSpace.findDataType(name, this.#index);
    assert(type, `${name} is in the nodeset`);
    this.#types.set(name, type);
    return this.#addressSpace.constructExtensionObject(type, fields);
  }

  #variable(owner: UAObject, name: string): UAVariable {
    const child = owner.getChildByName(name, this.#index) ?? owner.getChildByName(name);
    assert(child, `${name} is part of the type`);
    // Asked for by the names of variables only.
    return child as UAVariable;
  }
}

/** Fields of a job order that the machine understands; whatever else it holds is kept and shown as it came. */
function contentOf(order: unknown): JobContent {
  if (typeof order !== "object" || order === null) {
    return { id: "", article: "", quantity: 0, priority: 0, parameters: {}, received: null };
  }
  // A job order as node-opcua decodes it: every field may be absent.
  const fields = order as {
    readonly jobOrderID?: string;
    readonly priority?: number;
    readonly materialRequirements?: readonly {
      readonly materialDefinitionID?: string;
      readonly materialUse?: string;
      readonly quantity?: unknown;
    }[];
    readonly jobOrderParameters?: readonly {
      readonly ID?: string;
      readonly iD?: string;
      readonly id?: string;
      readonly value?: { readonly value?: unknown };
    }[];
  };
  const materials = fields.materialRequirements ?? [];
  const product = materials.find((m) => /produced/i.test(m.materialUse ?? "")) ?? materials[0];
  const parameters = (fields.jobOrderParameters ?? []).map(
    (p) => [p.ID ?? p.iD ?? p.id ?? "", String(p.value?.value ?? "")] as const,
  );
  return {
    id: fields.jobOrderID ?? "",
    article: product?.materialDefinitionID ?? "",
    quantity: Math.floor(Number(product?.quantity ?? 0)),
    priority: fields.priority ?? 0,
    parameters: Object.fromEntries(parameters),
    received: order,
  };
}

function status(code: bigint, ...before: readonly Variant[]): CallMethodResultOptions {
  const value = [Number(code >> 32n), Number(code & 0xffffffffn)];
  return {
    statusCode: StatusCodes.Good,
    outputArguments: [...before, new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value })],
  };
}

function strings(value: readonly string[]): Variant {
  return new Variant({ dataType: DataType.String, arrayType: VariantArrayType.Array, value: [...value] });
}

function structures(value: readonly ExtensionObject[]): Variant {
  return new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [...value] });
}
