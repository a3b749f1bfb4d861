import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EDGE_VERSION } from '#edge/version.ts';
import { edgeConfig, freePort, startCentre, startProgram, startPymodbus, tempDir, until } from './support.ts';

const edgeFolder = fileURLToPath(new URL('../../edge/', import.meta.url));
const folder = tempDir();
const home = join(folder.path, 'alone');
const node = process.execPath;
const program = () => join(home, 'node_modules', '@fengsui', 'edge', 'dist', 'fengsui.js');

/** What an edge box must not need. */
const CENTRE_ONLY = ['express', 'aedes', 'zod', 'yaml', 'react', 'prom-client', 'commander', 'vitest', 'typescript'];

beforeAll(() => {
  mkdirSync(home);
  execFileSync(node, [join(edgeFolder, 'build.mjs')], { stdio: 'pipe' });
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder.path], {
    cwd: edgeFolder,
    encoding: 'utf8',
  });
  const tarball = join(folder.path, packed.trim().split('\n').at(-1) ?? '');
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'alone', private: true }));
  execFileSync(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball],
    { cwd: home, stdio: 'pipe' },
  );
}, 120_000);
afterAll(() => folder.remove());

describe('the edge as a package of its own', () => {
  it("installs without the centre's dependencies and without sources", () => {
    const installed = readdirSync(join(home, 'node_modules'));
    expect(CENTRE_ONLY.filter((name) => installed.includes(name))).toEqual([]);
    const own = readdirSync(join(home, 'node_modules', '@fengsui', 'edge'), { recursive: true });
    expect(own.filter((name) => String(name).endsWith('.ts'))).toEqual([]);
    expect(existsSync(join(home, 'node_modules', '.bin', 'fengsui'))).toBe(true);
  });

  it('bears one version in the package, the program and the birth message', () => {
    const manifest = JSON.parse(readFileSync(join(edgeFolder, 'package.json'), 'utf8')) as { version: string };
    expect(manifest.version).toBe(EDGE_VERSION);
    expect(execFileSync(node, [program(), '--version'], { encoding: 'utf8' })).toBe(`${EDGE_VERSION}\n`);
    expect(execFileSync(node, [program(), '--help'], { encoding: 'utf8' })).toContain('fengsui run edge --config FILE');
  });

  it('refuses a wrong configuration with the path of each fault', () => {
    const file = join(folder.path, 'wrong.json');
    writeFileSync(file, JSON.stringify({ edgeId: 'a b', buses: [{ id: 'x', kind: 'modbus-tpc' }] }));
    let said = '';
    try {
      execFileSync(node, [program(), 'run', 'edge', '--config', file], { stdio: 'pipe' });
    } catch (cause) {
      said = String((cause as { readonly stderr: Buffer }).stderr);
    }
    expect(said).toMatch(/edgeId: a b is no token/);
    expect(said).toMatch(/buses\[0\]\.kind: must be one of modbus-rtu, modbus-rtu-tcp, modbus-tcp/);
  });

  it.skipIf(!existsSync('/usr/bin/python3'))('reads a unit, sends a batch, and ends within seconds', async () => {
    const centre = await startCentre();
    const port = await freePort();
    const peer = await startPymodbus('tcp', String(port));
    const config = edgeConfig(folder.path, centre.port, [
      {
        id: 'a',
        kind: 'modbus-tcp',
        host: '127.0.0.1',
        port,
        pollMs: 100,
        units: [{ unitId: 1, profile: 'sl651-rain-gauge', sensors: [{ sensorId: 'rain', register: 'accumulated' }] }],
      },
    ]);
    const file = join(folder.path, 'edge.json');
    writeFileSync(file, JSON.stringify(config));
    const metricsPort = await freePort();
    const edge = await startProgram(node, [program(), 'run', 'edge'], /edge is running/, {
      FENGSUI_EDGE_CONFIG: file,
      FENGSUI_EDGE_METRICS: String(metricsPort),
      NODE_PATH: '',
    });
    try {
      await until('a batch arrived', () => centre.readings('rain').length > 0);
      expect(centre.readings('rain')[0]).toMatchObject({ quality: 'good', raw: 12345, timeQuality: 'synced' });
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      expect(metrics).toMatch(/^fengsui_edge_polls_total\{bus="a",result="ok"\} \d+$/m);
    } finally {
      const startedMs = performance.now();
      await edge.stop();
      expect(edge.exitCode()).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      await peer.stop();
      await centre.stop();
    }
  });
});
