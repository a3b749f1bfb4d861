/** The commands of commissioning, as a person runs them, against units and lines that are not ours. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openFieldLine } from '#cli/io/field-line.ts';
import { pointRead } from '#cli/io/point-read.ts';
import { walkUnits } from '#cli/io/scan-line.ts';
import { serialScan } from '#cli/io/serial-scan.ts';
import { openSerialLine } from '#edge/io/serial-line.ts';
import { freePort, openPeerLine, openPeerSocket, type PeerLine, PYTHON } from '#test/devices/pymodbus-units.ts';
import { runFengsui, top } from '#test/support/command.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const hasSocat = needs('socat');
const hasPeers = hasSocat && existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import pymodbus']).status === 0;

async function run(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const running = runFengsui(args, {});
  const code = await running.exited;
  return { code, text: running.output() };
}
const jsonIn = (text: string) => JSON.parse(text.slice(text.indexOf('{"items"')));

describe.skipIf(!hasPeers)('units that pymodbus serves', { timeout: 60_000 }, () => {
  let line: PeerLine;
  beforeAll(async () => {
    line = await openPeerLine({
      // A rain gauge of SL 651, a transmitter with two decimals, WitMotion's angles, a Keller transmitter.
      1: { 3: { 0: 0, 1: 12_345 } },
      2: { 3: { 0: 2, 1: 3, 2: 18, 3: 2, 4: 0xffce, 6: 5_000 } },
      80: { 3: { 61: 0x4000, 62: 0xf000, 64: 3_025 } },
      192: { 4: { 0: 0x00c0, 1: 0x7343, 8: 0x2345, 9: 1 } },
    });
  });
  afterAll(async () => {
    await line?.stop();
  });

  it('point read shows frames, words and the value with its unit', async () => {
    const { code, text } = await run(
      'point',
      'read',
      '--port',
      line.path,
      '--unit',
      '1',
      '--profile',
      'sl651-rain-gauge',
    );
    expect(text).toContain('-> 01 03 00 00 00 02 C4 0B');
    expect(text).toContain('<- 01 03 04 00 00 30 39 2E 21');
    expect(text).toMatch(/0000 3039\s+1234\.500 mm\s+ok \(whole count\)/);
    expect(code).toBe(0);
  });

  it('point read asks again through another client when a second opinion is wanted', async () => {
    const { code, text } = await run(
      ...['point', 'read', '--port', line.path, '--unit', '1', '--profile', 'sl651-rain-gauge'],
      ...['--second-opinion', '--json'],
    );
    expect(jsonIn(text).items[0]).toMatchObject({ secondOpinion: [{ kind: 'same', words: [0, 12_345] }] });
    expect(code).toBe(0);
  });

  it('point read divides by the decimals register, and says what is outside the range or no value', async () => {
    const good = await run('point', 'read', '--port', line.path, '--unit', '2', '--profile', 'qdy30a');
    expect(good.text).toMatch(/0002 FFCE\s+-0\.500 m\s+ok/);
    expect(good.code).toBe(0);
    const tilt = await run(
      'point',
      'read',
      '--port',
      line.path,
      '--unit',
      '80',
      '--profile',
      'witmotion-wt901c-485',
      '--json',
    );
    const { registers } = jsonIn(tilt.text).items[0];
    expect(registers.map(({ key, text }: { key: string; text: string }) => `${key} ${text}`)).toEqual([
      'tilt-x 90.000 °',
      'tilt-y -22.500 °',
      'temperature 30.3 °C',
    ]);
    // A model that these registers do not belong to: the tilt as a laser's distance is out of its range.
    const wrong = await run(
      'point',
      'read',
      '--port',
      line.path,
      '--unit',
      '80',
      '--profile',
      'dfrobot-sen0492',
      '--json',
    );
    expect(jsonIn(wrong.text).items[0].registers[0].doubts).toEqual(['range']);
  });

  it('serial scan finds the units among silent ones, and the profiles that fit them', async () => {
    const { code, text } = await run(
      'serial',
      'scan',
      line.path,
      '--baud',
      '9600',
      '--units',
      '1-4,80,192',
      '--patience',
      '150',
      '--json',
    );
    const { items, asked, stopped } = jsonIn(text);
    expect(items.map(({ unitId }: { unitId: number }) => unitId)).toEqual([1, 2, 80, 192]);
    expect([asked, stopped, code]).toEqual([6, false, 0]);
    const rain = items[3].profiles[0];
    expect([rain.id, rain.isIdentified, rain.values]).toEqual(['dfrobot-sen0575', true, { accumulated: 7.4565 }]);
    const ids = items[1].profiles.map(({ id }: { id: string }) => id);
    expect(ids).toContain('qdy30a');
    expect(ids).not.toContain('dfrobot-sen0575');
  });

  it('serial scan tells people the same in a table', async () => {
    const { code, text } = await run(
      'serial',
      'scan',
      line.path,
      '--baud',
      '9600',
      '--units',
      '192',
      '--patience',
      '150',
    );
    expect(text).toMatch(/unit\s+setting\s+answered/);
    expect(text).toMatch(/192\s+9600 8N1\s+FC0[34].*dfrobot-sen0575 \(identified/);
    expect(code).toBe(0);
  });

  it.each(['tcp', 'rtu-tcp'] as const)('point read and serial scan go over %s as well', async (kind) => {
    const peer = await openPeerSocket(kind, { 3: { 4: { 106: 0x2000, 107: 0x413a } } });
    try {
      const read = await run(
        'point',
        'read',
        `--${kind}`,
        peer.address,
        '--unit',
        '3',
        '--profile',
        'vegapuls-60-modbus',
      );
      expect(read.text).toContain('-> 03 04 00 6A 00 02');
      expect(read.text).toMatch(/2000 413A\s+11\.633 m\s+ok/);
      expect(read.code).toBe(0);
      const scan = await run('serial', 'scan', `--${kind}`, peer.address, '--units', '2-4', '--json');
      expect(jsonIn(scan.text).items.map(({ unitId }: { unitId: number }) => unitId)).toEqual([3]);
    } finally {
      await peer.stop();
    }
  });

  it('point read finds the units of a hazard point in the county', async () => {
    const county = mkdtempSync(join(tmpdir(), 'fengsui-county-'));
    try {
      cpSync(join(top, 'county'), county, { recursive: true });
      const edges = readFileSync(join(county, 'edges.yaml'), 'utf8');
      expect(edges).toContain('path: tty:shiqiao-a');
      writeFileSync(join(county, 'edges.yaml'), edges.replace('path: tty:shiqiao-a', `path: ${line.path}`));
      const { code, text } = await run('point', 'read', 'taoshuwan-rain', '--county', county);
      expect(text).toMatch(/taoshuwan-rain\s.*1234\.500 mm/);
      expect(code).toBe(0);
      const far = await run('point', 'read', 'longtan-level', '--county', county);
      expect(far.text).toMatch(/cannot be asked from here/);
      expect(far.code).toBe(2);
      const nobody = await run('point', 'read', 'nowhere', '--county', county);
      expect(nobody.text).toMatch(/no point, sensor or edge "nowhere"/);
      expect(nobody.code).toBe(2);
    } finally {
      rmSync(county, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!hasSocat)('a line on which nobody can be asked', { timeout: 60_000 }, () => {
  let line: PeerLine;
  beforeAll(async () => {
    line = await openPeerLine(undefined);
  });
  afterAll(async () => {
    await line?.stop();
  });

  it('says that nobody answers', async () => {
    const scan = await run('serial', 'scan', line.path, '--baud', '9600,19200', '--units', '1-3', '--patience', '30');
    expect(scan.text).toMatch(/Nobody answers 无应答 \(3 units, 9600 8N1, 19200 8N1\)/);
    expect(scan.code).toBe(1);
    const read = await run('point', 'read', '--port', line.path, '--unit', '1', '--profile', 'sl651-rain-gauge');
    expect(read.text).toMatch(/\(nothing\)\s+no answer/);
    expect(read.code).toBe(1);
  });

  it('says that another program has the port, and leaves it alone', async () => {
    const owner = await openSerialLine({ path: line.path, baudRate: 9600, parity: 'none' });
    expect(owner.ok).toBe(true);
    try {
      for (const args of [
        ['serial', 'scan', line.path, '--units', '1'],
        ['point', 'read', '--port', line.path, '--profile', 'sl651-rain-gauge'],
      ]) {
        const { code, text } = await run(...args);
        expect(text).toMatch(/is in use/);
        expect(code).toBe(3);
      }
    } finally {
      if (owner.ok) await owner.value.close();
    }
  });

  const canDrop = process.getuid?.() === 0 && needs('setpriv');
  it.skipIf(!canDrop)('says that the user may not open the port', () => {
    const device = realpathSync(line.path);
    const { status, stderr } = spawnSync(
      'setpriv',
      [
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        process.execPath,
        join(top, 'cli', 'fengsui.mjs'),
        'serial',
        'scan',
        device,
        '--units',
        '1',
        '--no-fit',
      ],
      { encoding: 'utf8', cwd: top },
    );
    expect(stderr).toMatch(/may not be opened by this user/);
    expect(status).toBe(4);
  });

  it('says that there is no such port, no such address, and no such option', async () => {
    expect((await run('serial', 'scan', join(line.folder, 'nothing'), '--units', '1')).code).toBe(5);
    const refused = await run(
      'point',
      'read',
      '--tcp',
      `127.0.0.1:${await freePort()}`,
      '--profile',
      'sl651-rain-gauge',
    );
    expect(refused.text).toMatch(/takes no connection/);
    expect(refused.code).toBe(6);
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const scanned = { parity: 'none', units: '1', patience: '10', all: false, fit: false, json: false };
    const read = { county: 'county', secondOpinion: false, json: false };
    const devices = join(top, 'devices');
    const codes = [
      await serialScan(undefined, scanned, devices),
      await serialScan(line.path, { ...scanned, units: '0-300' }, devices),
      await serialScan(line.path, { ...scanned, tcp: '127.0.0.1:502' }, devices),
      await serialScan(line.path, { ...scanned, patience: 'long' }, devices),
      await pointRead(undefined, read, devices),
      await pointRead(undefined, { ...read, port: line.path }, devices),
      await pointRead(undefined, { ...read, port: line.path, profile: 'nothing' }, devices),
      await pointRead('taoshuwan', { ...read, port: line.path, profile: 'qdy30a' }, devices),
      await pointRead(undefined, { ...read, port: line.path, profile: 'qdy30a', register: 'x' }, devices),
      await pointRead(undefined, { ...read, tcp: 'no address', profile: 'qdy30a' }, devices),
    ];
    expect(codes).toEqual(codes.map(() => 2));
    expect(said).toHaveBeenCalledTimes(codes.length);
    said.mockRestore();
  });

  it('knows that the line went away, so that silence is not told as nobody', async () => {
    const other = await openPeerLine(undefined);
    const opened = await openFieldLine({ kind: 'serial', path: other.path, baudRate: 9600, parity: 'none' });
    if (!opened.ok) throw new Error(opened.error.message);
    expect(opened.value.lost()).toBeUndefined();
    let stopped: Promise<void> | undefined;
    const walked = await walkUnits(opened.value, {
      units: [1, 2, 3, 4, 5, 6, 7, 8],
      timeoutMs: 200,
      files: [],
      signal: new AbortController().signal,
      onProgress: () => {
        stopped ??= other.stop();
      },
    });
    await stopped;
    expect(walked.asked).toBeLessThan(8);
    expect(opened.value.lost()?.message).toMatch(/went away while it was asked/);
    await opened.value.close();
  });

  it('ends at Ctrl-C between two units and tells how far it came', async () => {
    const running = runFengsui(['serial', 'scan', line.path, '--baud', '9600', '--patience', '200'], {});
    await until('the scan to begin', 10_000, () => running.output().includes('Asking all 247 units'));
    const tookMs = await running.stop('SIGINT', 10_000);
    expect(running.output()).toMatch(/Stopped; 0 units had answered/);
    expect(await running.exited).toBe(130);
    expect(tookMs).toBeLessThan(5_000);
  });
});
