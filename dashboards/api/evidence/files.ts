/** The evidence of one alert as the files of a folder; the manifest names each with its SHA-256. */
import { canonicalJson } from '#model/hash.ts';
import type { Registry } from '#model/registry.ts';
import type { Evidence } from './gather.ts';
import { evidencePage } from './page.ts';

export type EvidenceFile = { readonly name: string; readonly text: string };

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** One line an entry: its body is the very text that was hashed. */
function ledgerLines({ entries }: Evidence): string {
  return entries
    .map(
      ({ event: { hash, ...body }, before }) =>
        `${JSON.stringify({ seq: body.seq, before, hash, body: canonicalJson(body) })}\n`,
    )
    .join('');
}

/** The manifest stands last. */
export function evidenceFiles(
  evidence: Evidence,
  registry: Registry,
  sha256: (text: string) => string,
): readonly EvidenceFile[] {
  const { entries: _entries, ...rest } = evidence;
  const files: readonly EvidenceFile[] = [
    { name: 'evidence.json', text: pretty(rest) },
    { name: 'ledger.jsonl', text: ledgerLines(evidence) },
    { name: 'head.json', text: pretty(evidence.head) },
    { name: 'evidence.html', text: evidencePage(evidence, registry) },
  ];
  const manifest = {
    what: 'fengsui-evidence',
    alertId: evidence.alert.id,
    madeAtMs: evidence.gatheredAtMs,
    madeBy: evidence.gatheredBy,
    files: files.map(({ name, text }) => ({ name, sha256: sha256(text) })),
  };
  return [...files, { name: 'manifest.json', text: pretty(manifest) }];
}
