/** Messages into octets: queries for the transports, responses for the sandbox server and the tests (RFC 1035 §4.1). */
import type { DnsName } from './name.ts';
import { typeNumber } from './rr-type.ts';
import {
  classIn,
  ednsUdpOctets,
  headerOctets,
  optionExtendedError,
  typeOpt,
  type ExtendedError,
  type Question,
  type WireRecord,
} from './wire-types.ts';
import { writeName, Writer } from './wire-writer.ts';

export interface QueryToEncode extends Question {
  /** 0–65535; default 0. */
  readonly id?: number;
  /** RD; default true. */
  readonly recursion?: boolean;
  /** Adds an OPT record that takes 1232 octets; default true. */
  readonly edns?: boolean;
  /** The DO bit; needs `edns`. */
  readonly dnssec?: boolean;
}

const optOctets = 11;

/** Octets of the question section of a query for `name`, which begins behind the header. */
function questionOctets(name: DnsName): number {
  return (name === '' ? 1 : name.length + 2) + 4;
}

/** The query, and where its question ends. */
export function encodeQuery(query: QueryToEncode): { readonly packet: Buffer; readonly questionEnd: number } {
  const { name, edns = true, recursion = true } = query;
  const packet = Buffer.allocUnsafe(headerOctets + questionOctets(name) + optOctets);
  const id = query.id ?? 0;
  packet[0] = id >> 8;
  packet[1] = id & 255;
  packet[2] = recursion ? 1 : 0;
  // AD in a query asks for AD in the response, without the DNSSEC records themselves (RFC 6840 §5.7).
  packet[3] = recursion ? 0x20 : 0;
  packet[4] = 0;
  packet[5] = 1;
  packet.fill(0, 6, headerOctets);
  packet[11] = edns ? 1 : 0;
  let at = writeName(packet, headerOctets, name);
  const type = typeNumber(query.type);
  packet[at++] = type >> 8;
  packet[at++] = type & 255;
  packet[at++] = 0;
  packet[at++] = classIn;
  const questionEnd = at;
  if (edns) {
    packet[at++] = 0;
    packet[at++] = 0;
    packet[at++] = typeOpt;
    packet[at++] = ednsUdpOctets >> 8;
    packet[at++] = ednsUdpOctets & 255;
    packet[at++] = 0;
    packet[at++] = 0;
    packet[at++] = query.dnssec ? 0x80 : 0;
    packet[at++] = 0;
    packet[at++] = 0;
    packet[at++] = 0;
  }
  return { packet: at === packet.length ? packet : packet.subarray(0, at), questionEnd };
}

export interface ResponseToEncode {
  readonly id: number;
  readonly question?: Question;
  /** 0–15, or up to 4095 with `edns`. */
  readonly rcode?: number;
  /** AA */
  readonly aa?: boolean;
  /** TC */
  readonly tc?: boolean;
  /** RD, as the query had it. */
  readonly rd?: boolean;
  /** RA */
  readonly ra?: boolean;
  /** AD */
  readonly ad?: boolean;
  readonly answers?: readonly WireRecord[];
  readonly authority?: readonly WireRecord[];
  readonly additional?: readonly WireRecord[];
  readonly edns?: {
    readonly udpOctets?: number;
    readonly dnssec?: boolean;
    readonly errors?: readonly ExtendedError[];
  };
}

/** A response, owner names and the names RFC 3597 §4 allows compressed. */
export function encodeResponse(response: ResponseToEncode): Buffer {
  const { question, rcode = 0, edns, answers = [], authority = [], additional = [] } = response;
  const writer = new Writer();
  writer.u16(response.id);
  writer.u16(
    0x8000 |
      (response.aa ? 0x0400 : 0) |
      (response.tc ? 0x0200 : 0) |
      (response.rd ? 0x0100 : 0) |
      (response.ra ? 0x0080 : 0) |
      (response.ad ? 0x0020 : 0) |
      (rcode & 15),
  );
  writer.u16(question ? 1 : 0);
  writer.u16(answers.length);
  writer.u16(authority.length);
  writer.u16(additional.length + (edns ? 1 : 0));
  if (question) {
    writer.name(question.name);
    writer.u16(typeNumber(question.type));
    writer.u16(classIn);
  }
  for (const section of [answers, authority, additional]) for (const record of section) writer.record(record);
  if (edns) {
    writer.u8(0);
    writer.u16(typeOpt);
    writer.u16(edns.udpOctets ?? ednsUdpOctets);
    writer.u8(rcode >> 4);
    writer.u8(0);
    writer.u16(edns.dnssec ? 0x8000 : 0);
    writer.block(() => {
      for (const error of edns.errors ?? []) {
        writer.u16(optionExtendedError);
        writer.block(() => {
          writer.u16(error.code);
          writer.octets(Buffer.from(error.text, 'utf8'));
        });
      }
    });
  }
  return writer.finish();
}
