/** `fengsui evidence`: everything that is known of one alert as a folder, for an inquiry. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';
import type { Settings } from '#cli/settings.ts';
import type { EvidenceFile } from '#dashboards/api/evidence/files.ts';
import { err, ok, type Result } from '#model/result.ts';

type Options = { readonly out?: string; readonly offline: boolean };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Of the running console, which enters in the ledger who has read it. */
async function fromConsole(alertId: string): Promise<Result<readonly EvidenceFile[], string>> {
  const answer = await callApi('GET', `/api/v1/alerts/${encodeURIComponent(alertId)}/evidence`);
  if (!answer.ok) return answer;
  const { files } = answer.value.body as { readonly files?: readonly EvidenceFile[] };
  return files === undefined ? err('The console gave no evidence: is it of this version?') : ok(files);
}

/** From the files of a centre that does not run. */
async function fromFiles(settings: Settings, alertId: string): Promise<Result<readonly EvidenceFile[], string>> {
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const { openAlertReader } = await import('#alerts/io/alert-reader.ts');
  const { openDeskReaders } = await import('#alerts/io/readers.ts');
  const { openJournalReader } = await import('#ingest/io/journal-reader.ts');
  const { openHistoryReader } = await import('#ingest/io/history-reader.ts');
  const { gatherEvidence } = await import('#dashboards/api/evidence/gather.ts');
  const { evidenceFiles } = await import('#dashboards/api/evidence/files.ts');
  const county = readCounty(settings.countyDir, Date.now());
  if (!county.ok) return err(`The county's files have errors: run \`fengsui check ${settings.countyDir}\`.`);
  const alerts = openAlertReader(settings.dataDir);
  const parts = openDeskReaders(settings.dataDir);
  const journal = openJournalReader(settings.dataDir);
  const history = openHistoryReader(settings.dataDir, journal);
  try {
    const by = { name: 'fengsui evidence --offline', atMs: Date.now() };
    const evidence = gatherEvidence(alertId, { alerts, parts, history }, county.value, by);
    if (evidence === undefined) return err(`There is no alert "${alertId}" in ${settings.dataDir}.`);
    return ok(evidenceFiles(evidence, county.value, sha256));
  } finally {
    for (const reader of [history, journal, parts, alerts]) reader.close();
  }
}

async function evidence(settings: Settings, alertId: string, { out, ...options }: Options): Promise<number> {
  // Whoever has no token for the console may still have the files.
  const offline = options.offline || (process.env['FENGSUI_TOKEN'] ?? '') === '';
  const files = offline ? await fromFiles(settings, alertId) : await fromConsole(alertId);
  if (!files.ok) {
    console.error(files.error);
    if (!offline) console.error('Where no centre runs, --offline reads the data folder itself.');
    return 1;
  }
  const folder = resolve(out ?? `evidence-${alertId.replace(/[^A-Za-z0-9_-]/g, '_')}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Names are our own; nothing that came over the wire chooses a path.
    for (const { name, text } of files.value)
      writeFileSync(join(folder, name.replace(/[^A-Za-z0-9._-]/g, '_')), text, { mode: 0o600 });
  } catch (cause) {
    console.error(`${folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`);
    return 1;
  }
  console.log(`${files.value.length} files → ${folder}; read evidence.html first, manifest.json has their SHA-256.`);
  if (offline)
    console.log('It was read from the data folder: this reading is not in the ledger. With FENGSUI_TOKEN set it is.');
  return 0;
}

export function addEvidenceCommand(program: Command, settings: () => Settings): void {
  program
    .command('evidence')
    .argument('<alert>', "the alert's id")
    .option('--out <dir>', 'the folder that is made; default evidence-ALERT')
    .option('--offline', 'read the data folder instead of asking the console; so it is without FENGSUI_TOKEN', false)
    .description('who was told what, when and how, under which rules, from which readings, with the ledger entries')
    .action(async (alertId: string, options: Options) => {
      process.exitCode = await evidence(settings(), alertId, options);
    });
}
