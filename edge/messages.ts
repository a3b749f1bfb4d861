/** Parses what the centre sends to an edge, `ack` and `cmd`; strict, since an ack frees readings from the disk. */
import { err, formatLint, ok, type Result } from '../model/result.ts';
import type { SeqRange } from '../model/seen.ts';
import type { Ack, EdgeCommand } from '../model/topics.ts';
import { parseEdgeConfigPush } from './config.ts';

/** More ranges than that in one message are no honest answer to at most 8 batches in flight. */
const MAX_RANGES = 1_000;
/** A siren that is tested for longer would be taken for an alarm. */
const MAX_TEST_S = 60;
const MAX_TOLD_LINTS = 20;
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

type Fields = { readonly [key: string]: unknown };

const isInt = (raw: unknown): raw is number => typeof raw === 'number' && Number.isSafeInteger(raw);
const isToken = (raw: unknown): raw is string => typeof raw === 'string' && TOKEN.test(raw);

function parseFields(text: string): Result<Fields, string> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : 'not JSON');
  }
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? ok(raw as Fields)
    : err('the message is not an object');
}

function parseRanges(raw: unknown): Result<readonly SeqRange[], string> {
  if (!Array.isArray(raw)) return err('ranges must be an array');
  if (raw.length > MAX_RANGES) return err(`more than ${MAX_RANGES} ranges`);
  const ranges: SeqRange[] = [];
  for (const [index, item] of raw.entries()) {
    const [from, to] = Array.isArray(item) && item.length === 2 ? (item as unknown[]) : [];
    if (!isInt(from) || !isInt(to) || from < 1 || to < from)
      return err(`ranges[${index}] must be two whole numbers from 1, the second not below the first`);
    ranges.push([from, to]);
  }
  return ok(ranges);
}

export function parseAck(text: string): Result<Ack, string> {
  const fields = parseFields(text);
  if (!fields.ok) return fields;
  const { epoch, atMs } = fields.value as { readonly epoch?: unknown; readonly atMs?: unknown };
  if (!isToken(epoch)) return err('epoch must be a token');
  if (!isInt(atMs)) return err('atMs must be a whole number');
  const ranges = parseRanges(fields.value['ranges']);
  return ranges.ok ? ok({ epoch, ranges: ranges.value, atMs }) : ranges;
}

/** `id` where the message bears one: then it is answered. */
export type CommandFault = { readonly id: string | null; readonly message: string };

export function parseCommand(text: string): Result<EdgeCommand, CommandFault> {
  const fields = parseFields(text);
  if (!fields.ok) return err({ id: null, message: fields.error });
  const raw = fields.value;
  const id = raw['id'];
  const issuedAt = raw['issuedAt'];
  const expiresAt = raw['expiresAt'];
  if (!isToken(id)) return err({ id: null, message: 'id must be a token' });
  if (!isInt(issuedAt) || !isInt(expiresAt))
    return err({ id, message: 'issuedAt and expiresAt must be whole numbers' });
  const order = parseOrder(raw);
  return order.ok ? ok({ id, issuedAt, expiresAt, ...order.value }) : err({ id, message: order.error });
}

type Order = EdgeCommand extends infer Command
  ? Command extends EdgeCommand
    ? Omit<Command, 'id' | 'issuedAt' | 'expiresAt'>
    : never
  : never;

function parseOrder(raw: Fields): Result<Order, string> {
  const { kind } = raw as { readonly kind?: unknown };
  switch (kind as EdgeCommand['kind']) {
    case 'read-now':
      return ok({ kind: 'read-now' });
    case 'status':
      return ok({ kind: 'status' });
    case 'resend': {
      const epoch = raw['epoch'];
      if (!isToken(epoch)) return err('epoch must be a token');
      const ranges = parseRanges(raw['ranges']);
      return ranges.ok ? ok({ kind: 'resend', epoch, ranges: ranges.value }) : ranges;
    }
    case 'test-output': {
      const output = raw['output'];
      const seconds = raw['seconds'];
      if (!isToken(output)) return err('output must be a token');
      if (!isInt(seconds) || seconds < 1 || seconds > MAX_TEST_S) return err(`seconds must be 1 to ${MAX_TEST_S}`);
      return ok({ kind: 'test-output', output, seconds });
    }
    case 'configure': {
      const config = parseEdgeConfigPush('config', raw['config']);
      if (config.ok) return ok({ kind: 'configure', config: config.value });
      const told = config.error.slice(0, MAX_TOLD_LINTS).map(formatLint);
      const rest = config.error.length - told.length;
      return err([...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'));
    }
    default:
      return err(`this edge does not know the command ${isToken(kind) ? kind : 'without a kind'}`);
  }
}
