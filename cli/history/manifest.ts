/** The list of a backup: every file with its size and digest, and what a person who restores it must know. */
import { z } from 'zod';
import { err, ok, type Result } from '#model/result.ts';

export const BACKUP_FORM = 1;
export const MANIFEST = 'manifest.json';

/** Paths stay inside the folders that are restored: one of three beginnings, no `..`, no backslash. */
const path = z.string().regex(/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))(?:anchors\.jsonl|(?:data|county)\/[^\\\0]+)$/u);
const file = z.strictObject({
  /** Under `data/`, `county/` or `anchors.jsonl`. */
  path,
  kind: z.enum(['database', 'file']),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of a database: digest of its tables, by which a change of form shows. */
  schema: z.string().optional(),
});
const manifest = z.object({
  form: z.int().positive(),
  program: z.literal('fengsui'),
  version: z.string(),
  /** By this machine's clock, and by the chain's where that is a virtual one. */
  takenAt: z.iso.datetime(),
  chainAtMs: z.int(),
  county: z.string(),
  files: z.array(file),
  /** What is not in it and has to be brought along by hand. */
  notes: z.array(z.string()),
});

export type BackupFile = z.infer<typeof file>;
export type Manifest = z.infer<typeof manifest>;

export function parseManifest(text: string): Result<Manifest, string> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    return err(`the list ${MANIFEST} is no JSON (${String(cause)}): the backup is damaged, take another one`);
  }
  const parsed = manifest.safeParse(raw);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return err(`the list ${MANIFEST} is damaged at ${first?.path.join('.') ?? '?'}: take another backup`);
  }
  if (parsed.data.form > BACKUP_FORM)
    return err(
      `this backup was written by a newer version (${parsed.data.version}, form ${parsed.data.form}): restore it with that version`,
    );
  const paths = new Set(parsed.data.files.map((one) => one.path));
  if (paths.size < parsed.data.files.length) return err(`the list ${MANIFEST} names a file twice: take another backup`);
  return ok(parsed.data);
}
