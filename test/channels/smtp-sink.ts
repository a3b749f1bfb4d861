/** Starts the SMTP server of `smtp-sink.py` and collects what it takes. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';

export type Taken = {
  readonly to: readonly string[];
  readonly from: string;
  readonly tls: boolean;
  readonly login: boolean;
  readonly subject: string;
  readonly id: string;
  readonly auto: string;
  readonly text: string;
};
export type Mode = { readonly security: 'none' | 'starttls' | 'tls'; readonly auth?: boolean; readonly cut?: boolean };
export type Sink = {
  readonly port: number;
  readonly taken: () => readonly Taken[];
  readonly stop: () => Promise<void>;
};

export const hasSink = (): boolean => spawnSync(PYTHON, ['-c', 'import aiosmtpd']).status === 0;

/** A certificate for localhost that nobody has signed, and the way to trust it in this process. */
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-mail-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const rest = ['-nodes', '-keyout', key, '-out', cert, '-days', '2'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...subject, ...rest],
    {
      stdio: 'ignore',
    },
  );
  const before = getCACertificates('default');
  return {
    cert,
    key,
    trust: () => setDefaultCACertificates([...before, readFileSync(cert, 'utf8')]),
    distrust: () => setDefaultCACertificates(before),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function startSink(mode: Mode & { readonly cert?: string; readonly key?: string }): Promise<Sink> {
  const script = fileURLToPath(new URL('./smtp-sink.py', import.meta.url));
  const child = spawn(PYTHON, [script, JSON.stringify(mode)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const taken: Taken[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { readonly listening?: number } & Taken;
      if (said.listening === undefined) taken.push(said);
      else resolve(said.listening);
    });
    void ended.then(() => reject(new Error('the SMTP server did not start')));
  });
  return {
    port,
    taken: () => taken,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
