/** Parses what the centre sends to an edge, `ack` and `cmd`; strict, since an ack frees readings from the disk. */
import { err, ok, type Result } from '../model/result.ts';
import type { SeqRange } from '../model/seen.ts';
import type { Ack, EdgeCommand } from '../model/topics.ts';

/** More ranges than that in one message are no honest answer to at most 8 batches in flight. */
const MAX_RANGES = 1_000;
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

export function parseCommand(text: string): Result<EdgeCommand, string> {
  const fields = parseFields(text);
  if (!fields.ok) return fields;
  const raw = fields.value;
  const id = raw['id'];
  const issuedAt = raw['issuedAt'];
  const expiresAt = raw['expiresAt'];
  if (!isToken(id)) return err('id must be a token');
  if (!isInt(issuedAt) || !isInt(expiresAt)) return err('issuedAt and expiresAt must be whole numbers');
  if (raw['kind'] === 'read-now') return ok({ id, issuedAt, expiresAt, kind: 'read-now' });
  if (raw['kind'] !== 'resend') return err('unknown kind of command');
  const epoch = raw['epoch'];
  if (!isToken(epoch)) return err('epoch must be a token');
  const ranges = parseRanges(raw['ranges']);
  return ranges.ok ? ok({ id, issuedAt, expiresAt, kind: 'resend', epoch, ranges: ranges.value }) : ranges;
}
