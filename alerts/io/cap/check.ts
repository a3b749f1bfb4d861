/** A CAP message from text: parsed, held against schema and rules. */
import { err, type Result } from '#model/result.ts';
import type { CapFinding } from '../../cap/message.ts';
import { type ReadCap, readCap } from '../../cap/read.ts';
import { readXml } from './read-xml.ts';

export function parseCap(text: string): Result<ReadCap, readonly CapFinding[]> {
  const tree = readXml(text);
  if (!tree.ok) return err([{ path: '', severity: 'error', ...tree.error }]);
  return readCap(tree.value);
}
