/**
 * The WSDL of the SOAP door, made from what is offered: an operation for each verb and noun, document/literal, whose
 * messages are the roots of MESA's schema. SOAP 1.1 and 1.2 at one address.
 */
import { namespaces } from "../../isa95/b2mml/version.ts";
import { rootName, type Noun, type Verb } from "../../isa95/b2mml/noun.ts";
import { offers } from "../../isa95/conversation/offer.ts";

const own = "urn:millrace:b2mml";

/** What a verb is answered with; a verb without an answer of its own is confirmed, where the sender asks for that. */
const answers: Readonly<Partial<Record<Verb, Verb>>> = { Process: "Acknowledge", Change: "Respond", Get: "Show" };

/** @param address of the door, as its caller has it */
export function wsdlOf(address: string): string {
  const operations = operationsOffered();
  const roots = [...new Set(operations.flatMap(({ input, output }) => [input, output]))];
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="Millrace" targetNamespace="${own}" xmlns:tns="${own}" xmlns:b="${namespaces["7.0.1"]}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <wsdl:documentation>The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International.</wsdl:documentation>
  <wsdl:types><xs:schema targetNamespace="${own}"><xs:import namespace="${namespaces["7.0.1"]}" schemaLocation="${address}/schema/AllSchemas.xsd"/></xs:schema></wsdl:types>
${roots.map((root) => `  <wsdl:message name="${root}"><wsdl:part name="document" element="b:${root}"/></wsdl:message>`).join("\n")}
  <wsdl:portType name="Exchange">
${operations.map(({ input, output }) => `    <wsdl:operation name="${input}"><wsdl:input message="tns:${input}"/><wsdl:output message="tns:${output}"/></wsdl:operation>`).join("\n")}
  </wsdl:portType>
${binding("Soap11", "soap", operations)}
${binding("Soap12", "soap12", operations)}
  <wsdl:service name="Millrace">
    <wsdl:port name="Soap11" binding="tns:Soap11"><soap:address location="${address}"/></wsdl:port>
    <wsdl:port name="Soap12" binding="tns:Soap12"><soap12:address location="${address}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`;
}

interface Operation {
  readonly input: string;
  readonly output: string;
}

function operationsOffered(): readonly Operation[] {
  // the keys of `offers` are its type's own
  return (Object.entries(offers) as [Noun, readonly (Verb | "alone")[]][]).flatMap(([noun, verbs]) =>
    verbs
      .filter((verb) => verb !== "alone")
      .map((verb) => {
        const answer = answers[verb];
        return {
          input: rootName({ verb, noun }),
          output: answer ? rootName({ verb: answer, noun }) : rootName({ verb: null, noun: "ConfirmBOD" }),
        };
      }),
  );
}

function binding(name: string, prefix: string, operations: readonly Operation[]): string {
  const lines = operations.map(
    ({ input }) =>
      `    <wsdl:operation name="${input}"><${prefix}:operation soapAction="${own}/${input}" style="document"/><wsdl:input><${prefix}:body use="literal"/></wsdl:input><wsdl:output><${prefix}:body use="literal"/></wsdl:output></wsdl:operation>`,
  );
  return `  <wsdl:binding name="${name}" type="tns:Exchange">
    <${prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
${lines.join("\n")}
  </wsdl:binding>`;
}
