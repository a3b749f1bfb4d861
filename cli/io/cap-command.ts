/** `fengsui cap`: holds a CAP message against the schema and the rules, and gives one to the running centre. */
import type { Command } from 'commander';

type Checked = {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly path: string;
    readonly line: number;
    readonly message: string;
    readonly severity: string;
  }[];
  readonly summary: string;
};

async function checkFile(file: string): Promise<Checked> {
  const { readFileSync } = await import('node:fs');
  const { decodeXml } = await import('#model/xml-text.ts');
  const { parseCap } = await import('#alerts/io/cap/check.ts');
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, findings: [{ path: '', line: 0, message, severity: 'error' }], summary: '' };
  }
  const text = decodeXml(bytes);
  if (!text.ok)
    return { ok: false, findings: [{ path: '', line: 1, message: text.error, severity: 'error' }], summary: '' };
  const read = parseCap(text.value);
  if (!read.ok) return { ok: false, findings: read.error, summary: '' };
  const { message, warnings } = read.value;
  const { identifier, status, msgType, sender, infos } = message;
  const said = infos.map(
    ({ language, event, severity, areas }) => `${language} ${event} ${severity}, ${areas.length} areas`,
  );
  return {
    ok: true,
    findings: warnings,
    summary: `${identifier} of ${sender}: ${status} ${msgType}; ${said.join('; ')}`,
  };
}

async function check(
  files: readonly string[],
  options: { readonly json: boolean; readonly strict: boolean },
): Promise<number> {
  let failed = false;
  for (const file of files) {
    const { ok, findings, summary } = await checkFile(file);
    failed ||= !ok || (options.strict && findings.length > 0);
    if (options.json) {
      console.log(JSON.stringify({ file, ok, findings }));
      continue;
    }
    for (const { line, severity, path, message } of findings)
      console.log(`${file}:${line}: ${severity}:${path === '' ? '' : ` ${path}:`} ${message}`);
    console.log(ok ? `${file}: valid CAP 1.2: ${summary}` : `${file}: this is no valid CAP 1.2 message`);
  }
  return failed ? 1 : 0;
}

async function send(file: string): Promise<number> {
  const { readFileSync } = await import('node:fs');
  const { callApi } = await import('#cli/io/api-client.ts');
  const checked = await checkFile(file);
  if (!checked.ok) {
    for (const { line, message } of checked.findings) console.error(`${file}:${line}: ${message}`);
    return 1;
  }
  const answer = await callApi('POST', '/api/v1/exchange/cap?source=cli', readFileSync(file), 'application/cap+xml');
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  console.log(`${file}: taken (${checked.summary})`);
  return 0;
}

export function addCapCommand(program: Command): void {
  const cap = program.command('cap').description('messages of the Common Alerting Protocol (CAP 1.2)');
  cap
    .command('check')
    .argument('<file...>', 'CAP messages')
    .option('--strict', 'warnings fail as well', false)
    .option('--json', 'one line of JSON a file', false)
    .description('hold messages against the schema and the rules of CAP 1.2; names line and element of what is wrong')
    .action(async (files: string[], options: { json: boolean; strict: boolean }) => {
      process.exitCode = await check(files, options);
    });
  cap
    .command('send')
    .argument('<file>', 'a CAP message')
    .description('give a message to the running centre, as if another platform had sent it')
    .action(async (file: string) => {
      process.exitCode = await send(file);
    });
}
