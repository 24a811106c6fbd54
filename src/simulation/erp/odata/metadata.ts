/** Writes a service's model as an OData v2 metadata document. The document is our own; only the names are the ERP's. */
import type { EntityType, Property, Row, Service } from "./edm.ts";

const messageProperties = [
  "SystemMessageType",
  "SystemMessageIdentification",
  "SystemMessageNumber",
  "SystemMessageLongText",
  "SystemMessageVariable1",
  "SystemMessageVariable2",
  "SystemMessageVariable3",
  "SystemMessageVariable4",
];

export function metadataDocument(service: Service): string {
  const types = [...new Set([...service.sets.values()].map((set) => set.type))];
  const links = types.flatMap((type) => [...type.navigation].map(([name, link]) => ({ type, name, link })));
  const nameOf = (from: EntityType, link: string): string => `${from.name}_${link}`;
  const ends = links.map(({ type, name, link }) => ({
    association: nameOf(type, name),
    from: type,
    to: link.target(),
    multiplicity: link.cardinality === "many" ? "*" : "0..1",
  }));
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">',
    '<edmx:DataServices m:DataServiceVersion="2.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">',
    `<Schema Namespace="${service.name}" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">`,
    ...types.map((type) => entity(service, type)),
    ...(service.functions.size > 0 ? [messageType()] : []),
    ...ends.map(
      (end) =>
        `<Association Name="${end.association}"><End Role="from" Type="${service.name}.${end.from.name}" Multiplicity="1"/>` +
        `<End Role="to" Type="${service.name}.${end.to.name}" Multiplicity="${end.multiplicity}"/></Association>`,
    ),
    container(service, ends),
    "</Schema></edmx:DataServices></edmx:Edmx>",
  ].join("\n");
}

function entity(service: Service, type: EntityType): string {
  const keys = type.keys.map((key) => `<PropertyRef Name="${key}"/>`).join("");
  const properties = [...type.properties].map(([name, property]) => propertyElement(type, name, property));
  const links = [...type.navigation.keys()].map(
    (name) =>
      `<NavigationProperty Name="${name}" Relationship="${service.name}.${type.name}_${name}" FromRole="from" ToRole="to"/>`,
  );
  return `<EntityType Name="${type.name}"><Key>${keys}</Key>${properties.join("")}${links.join("")}</EntityType>`;
}

function propertyElement(type: EntityType, name: string, property: Property<Row>): string {
  const nullable = type.keys.includes(name) ? ' Nullable="false"' : "";
  const length = property.maxLength === null ? "" : ` MaxLength="${property.maxLength}"`;
  const scale = property.type === "Decimal" ? ` Precision="13" Scale="${property.scale}"` : "";
  const precision = property.type === "DateTime" || property.type === "Time" ? ' Precision="0"' : "";
  const etag = type.etag === name ? ' ConcurrencyMode="Fixed"' : "";
  return `<Property Name="${name}" Type="Edm.${property.type}"${nullable}${length}${scale}${precision}${etag}/>`;
}

function messageType(): string {
  const properties = messageProperties.map((name) => `<Property Name="${name}" Type="Edm.String" Nullable="false"/>`);
  return `<ComplexType Name="FunctionMessage">${properties.join("")}</ComplexType>`;
}

function container(
  service: Service,
  ends: readonly { readonly association: string; readonly from: EntityType; readonly to: EntityType }[],
): string {
  const sets = [...service.sets.values()];
  const setOf = (type: EntityType): string => sets.find((set) => set.type === type)?.name ?? type.name;
  const functions = [...service.functions.values()].map((f) => {
    const parameters = [...f.parameters].map(
      ([name, { type }]) => `<Parameter Name="${name}" Type="Edm.${type}" Mode="In"/>`,
    );
    const returns =
      f.returns.kind === "message"
        ? `ReturnType="${service.name}.FunctionMessage"`
        : `ReturnType="${service.name}.${service.sets.get(f.returns.set)?.type.name}" EntitySet="${f.returns.set}"`;
    return `<FunctionImport Name="${f.name}" ${returns} m:HttpMethod="POST">${parameters.join("")}</FunctionImport>`;
  });
  return [
    `<EntityContainer Name="${service.name}_Entities" m:IsDefaultEntityContainer="true">`,
    ...sets.map((set) => `<EntitySet Name="${set.name}" EntityType="${service.name}.${set.type.name}"/>`),
    ...ends.map(
      (end) =>
        `<AssociationSet Name="${end.association}_set" Association="${service.name}.${end.association}">` +
        `<End EntitySet="${setOf(end.from)}" Role="from"/><End EntitySet="${setOf(end.to)}" Role="to"/></AssociationSet>`,
    ),
    ...functions,
    "</EntityContainer>",
  ].join("");
}
