/** `fengsui audit`: is the record of what was done still what was written? Works on the files, also while the centre runs. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { AuditReport, LedgerFault } from '#alerts/io/verify.ts';
import { anchorFileOf, type Settings } from '#cli/settings.ts';
import type { Result } from '#model/result.ts';

type VerifyOptions = {
  readonly anchor?: string;
  readonly data?: string;
  readonly file?: string;
  readonly json: boolean;
};

const dataDirOf = (settings: Settings, data: string | undefined): string =>
  data === undefined ? settings.dataDir : resolve(data);

/** The anchor file of the folder in question: another folder has its own beside it. */
function anchorOf(settings: Settings, { anchor, data }: VerifyOptions): string {
  if (anchor !== undefined) return resolve(anchor);
  return data === undefined && settings.anchorFile !== undefined
    ? settings.anchorFile
    : anchorFileOf(dataDirOf(settings, data));
}

async function examine(settings: Settings, options: VerifyOptions): Promise<Result<AuditReport, LedgerFault>> {
  const { auditLedger, auditLines } = await import('#alerts/io/verify.ts');
  if (options.file === undefined)
    return auditLedger({
      dataDir: dataDirOf(settings, options.data),
      anchorFile: anchorOf(settings, options),
      anchorNamed: options.anchor !== undefined,
    });
  const { readExport } = await import('#alerts/io/export-ledger.ts');
  const { readHeadFile } = await import('#alerts/io/anchor/head-file.ts');
  const wrong = (kind: LedgerFault['kind'], message: string) =>
    ({ ok: false, error: { kind, seq: 0, message } }) as const;
  const read = await readExport(resolve(options.file));
  if (!read.ok) return wrong('damaged', `${options.file} cannot be read: ${read.error}`);
  const others = options.anchor === undefined ? undefined : readHeadFile(resolve(options.anchor));
  if (options.anchor !== undefined && (others?.heads.length ?? 0) === 0)
    return wrong('unsigned', `${options.anchor} holds no signed head`);
  return auditLines(read.value.rows, read.value.heads, others?.heads ?? []);
}

function printWhole({ head, signed, heads, alertsChecked, notes }: AuditReport): void {
  console.log(`The ledger is whole: ${head.seq} entries, head ${head.hash}.`);
  if (signed !== null)
    console.log(
      `${heads} signed heads fit, the newest at entry ${signed.seq} of ${new Date(signed.atMs).toISOString()}, key ${signed.key}.`,
    );
  if (signed !== null && signed.seq < head.seq)
    console.log(`${head.seq - signed.seq} entries came after it and wait for the next head.`);
  if (alertsChecked > 0) console.log(`${alertsChecked} alerts are shown as the ledger has them.`);
  for (const note of notes) console.log(`Note: ${note}.`);
}

async function verify(settings: Settings, options: VerifyOptions): Promise<number> {
  const found = await examine(settings, options);
  if (options.json)
    console.log(JSON.stringify(found.ok ? { ok: true, ...found.value } : { ok: false, ...found.error }));
  else if (found.ok) printWhole(found.value);
  else console.log(`BROKEN at entry ${found.error.seq} (${found.error.kind}): ${found.error.message}.`);
  return found.ok ? 0 : 1;
}

async function exportTo(settings: Settings, file: string, data: string | undefined): Promise<number> {
  const { exportLedger } = await import('#alerts/io/export-ledger.ts');
  const { alertsPath } = await import('#alerts/io/schema.ts');
  const dataDir = dataDirOf(settings, data);
  if (!existsSync(alertsPath(dataDir))) {
    console.error(`There is no ledger at ${alertsPath(dataDir)}: has the centre ever run on this data folder?`);
    return 1;
  }
  try {
    const { entries, heads } = exportLedger(dataDir, isAbsolute(file) ? file : join(process.cwd(), file));
    console.log(
      `${entries} entries and ${heads} signed heads → ${file}. Check it with: fengsui audit verify --file ${file}`,
    );
    return 0;
  } catch (cause) {
    console.error(`The ledger cannot be exported: ${cause instanceof Error ? cause.message : String(cause)}`);
    return 1;
  }
}

async function printKey(settings: Settings, data: string | undefined): Promise<number> {
  const { publicKeyPath, readPublicKey } = await import('#alerts/io/anchor/key.ts');
  const dataDir = dataDirOf(settings, data);
  const key = readPublicKey(dataDir);
  if (key === undefined) {
    console.error(
      `There is no key at ${publicKeyPath(dataDir)}: it is made when the alerts stage starts for the first time.`,
    );
    return 1;
  }
  console.log(`sha256:${key.fingerprint}\n${key.pem.trimEnd()}`);
  return 0;
}

export function addAuditCommand(program: Command, settings: () => Settings): void {
  const audit = program.command('audit').description('check, export and locate the ledger of everything that was done');
  audit
    .command('verify')
    .option('--anchor <file>', 'signed heads that were kept outside the data folder')
    .option('--data <dir>', 'another data folder than FENGSUI_DATA')
    .option('--file <export>', 'an export instead of a data folder')
    .option('--json', 'one line of JSON', false)
    .description('print the first entry that is not what was written, and exit 1; or the head, and exit 0')
    .action(async (options: VerifyOptions) => {
      process.exitCode = await verify(settings(), options);
    });
  audit
    .command('path')
    .option('--data <dir>', 'another data folder than FENGSUI_DATA')
    .description("print the ledger's file")
    .action(async (options: { data?: string }) => {
      const { alertsPath } = await import('#alerts/io/schema.ts');
      console.log(alertsPath(dataDirOf(settings(), options.data)));
    });
  audit
    .command('export')
    .argument('<file>', 'where the lines of JSON go')
    .option('--data <dir>', 'another data folder than FENGSUI_DATA')
    .description('write every entry with its hash, and the signed heads')
    .action(async (file: string, options: { data?: string }) => {
      process.exitCode = await exportTo(settings(), file, options.data);
    });
  audit
    .command('key')
    .option('--data <dir>', 'another data folder than FENGSUI_DATA')
    .description('print the public key that signs the heads, with its fingerprint')
    .action(async (options: { data?: string }) => {
      process.exitCode = await printKey(settings(), options.data);
    });
}
