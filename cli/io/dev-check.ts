/** `npm test`: type check, lint, then every test; names what was skipped, and in CI fails for it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNodes } from '#dashboards/node-red/io/build.ts';
import { ensureInstalled } from '#dashboards/node-red/io/install.ts';

type TestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.on('error', (cause) => resolve({ code: 1, output: cause.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function runShown(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function summarise(reportFile: string, missingFile: string, inCi: boolean): boolean {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as TestReport;
  const skipped = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'skipped' || test.status === 'pending' || test.status === 'todo')
      .map((test) => test.fullName),
  );
  const missing = existsSync(missingFile)
    ? [
        ...new Set(
          readFileSync(missingFile, 'utf8')
            .split('\n')
            .filter((line) => line !== ''),
        ),
      ]
    : [];
  if (skipped.length > 0) {
    console.log(`\nSkipped${missing.length > 0 ? `, for want of ${missing.join(', ')}` : ''}:`);
    for (const name of skipped) console.log(`  ${name}`);
    if (inCi) console.log('In CI a skip is a failure: .ci/run installs the programs that the tests need.');
  }
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped.length} skipped`);
  return !(inCi && skipped.length > 0);
}

/** The tests run Node-RED itself, whose packages are its own; its nodes are built before several files want them at once. */
async function readyNodeRed(): Promise<boolean> {
  const installed = await ensureInstalled((text) => console.log(text));
  if (installed.ok) await buildNodes();
  else console.log(installed.error);
  return installed.ok;
}

/** Exit code of the whole check; `filters` narrow the tests to files whose path contains one of them. */
export async function devCheck(top: string, filters: readonly string[]): Promise<number> {
  const bin = join(top, 'node_modules', '.bin');
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-check-'));
  const missingFile = join(folder, 'missing');
  const reportFile = join(folder, 'report.json');
  const inCi = (process.env['CI'] ?? '') !== '';
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    FENGSUI_MISSING_REPORT: missingFile,
    // Some hundred processes load the same files: half of what a short one costs is compiling them.
    NODE_COMPILE_CACHE: join(top, 'node_modules', '.cache', 'compile'),
  };
  try {
    const readying = readyNodeRed();
    // Of all tests those with Node-RED come late enough; of a few they may be the first.
    if (filters.length > 0) await readying;
    const [types, lint] = await Promise.all([
      run(join(bin, 'tsc'), ['-p', 'tsconfig.json', '--checkers', '2'], top, env),
      run(join(bin, 'biome'), ['check', '--error-on-warnings', '.'], top, env),
    ]);
    console.log(`type check: ${types.code === 0 ? 'clean' : `failed\n${types.output}`}`);
    console.log(`lint: ${lint.code === 0 ? 'clean' : `failed\n${lint.output}`}`);
    const vitest = join(top, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...filters,
    ];
    const tests = await runShown(process.execPath, args, top, env);
    const nodeRed = await readying;
    if (!existsSync(reportFile)) return 1;
    const complete = summarise(reportFile, missingFile, inCi);
    return nodeRed && types.code === 0 && lint.code === 0 && tests === 0 && complete ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
