/** `fengsui decode` as a person at a device uses it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const fengsui = fileURLToPath(new URL('../../cli/fengsui.mjs', import.meta.url));
const decode = (args: readonly string[], input = '') => {
  const run = spawnSync(process.execPath, [fengsui, 'decode', ...args], { input, encoding: 'utf8', timeout: 30_000 });
  return { code: run.status, lines: run.stdout.split('\n').filter((line) => line !== ''), error: run.stderr };
};

const ALIVE = '7E7E020012345678000A2F000802000C14120509435703FB2D';
const STATUS = '7E7E0010000000060000460015020150221206133007F1F11000000006452000000481031603';
const SPOILED = '7E7E020012345678000A2F000802000C14120509435703FB2E';

describe('the command', () => {
  test('prints one line of JSON a frame and exits 0', () => {
    const { code, lines } = decode(['sl651', ALIVE, '--json']);
    expect([code, lines.map((line) => JSON.parse(line))]).toEqual([
      0,
      [{ func: '2F', station: '0012345678', serial: 12, sendTime: '2014-12-05T09:43:57+08:00', items: [] }],
    ]);
  });

  test('takes several frames from standard input, and exits 1 when one is refused', () => {
    const { code, lines } = decode(['sl651', '--json'], `${ALIVE}\n\n${SPOILED}\n${STATUS}\n`);
    expect(code).toBe(1);
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual([
      ['func', 'station', 'serial', 'sendTime', 'items'],
      ['error', 'offset'],
      ['func', 'station', 'serial', 'sendTime', 'items'],
    ]);
    expect(JSON.parse(lines[1] ?? '')).toEqual({ error: 'checksum is FB2E, calculated FB2D', offset: 23 });
    expect(JSON.parse(lines[2] ?? '').items).toEqual([{ id: '45', value: '00000481', observedAt: null }]);
  });

  test('answers each frame of standard input when its line ends, not when the capture does', async () => {
    const run = spawn(process.execPath, [fengsui, 'decode', 'sl651', '-', '--json'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      const answers = createInterface({ input: run.stdout })[Symbol.asyncIterator]();
      for (const frame of [ALIVE, STATUS]) {
        run.stdin.write(`${frame}\r\n`);
        const answer = await answers.next();
        expect(JSON.parse(String(answer.value))).toMatchObject({ func: frame === ALIVE ? '2F' : '46' });
      }
      run.stdin.end();
      const [code] = await once(run, 'exit');
      expect(code).toBe(0);
    } finally {
      run.kill('SIGKILL');
    }
  });

  test('ends quietly when nobody reads on', async () => {
    const run = spawn(process.execPath, [fengsui, 'decode', 'sl651', '--json'], { stdio: 'pipe' });
    let error = '';
    run.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
    });
    run.stdin.on('error', () => {});
    const ended = once(run, 'exit');
    run.stdout.once('data', () => run.stdout.destroy());
    run.stdin.end(`${ALIVE}\n`.repeat(20_000));
    expect(await ended).toEqual([1, null]);
    expect(error).toBe('');
  });

  test('takes no frame at all for a mistake', () => {
    expect(decode(['sl651', '--json'])).toMatchObject({ code: 1, lines: [] });
  });

  test('reads the frames of other protocols, however a manual prints them', () => {
    const of = (...args: string[]) => JSON.parse(decode([...args, '--json']).lines[0] ?? 'null');
    expect(of('modbus-rtu', '01', '03', '04', '00 00', '30:39', '0x2E', '21')).toMatchObject({
      registers: [0, 12_345],
    });
    expect(of('modbus-rtu', '018302C0F1')).toMatchObject({ unit: 1, func: 3, exception: 2 });
    expect(of('sl427', '681568B40102030405C05545040020700030151412052600AD16')).toMatchObject({ func: 'C0' });
    expect(of('gs524n', '221E64001C40')).toContainEqual({ path: 'battery', value: 100 });
    expect(of('gs524n', '221E64001C41')).toMatchObject({ offset: expect.any(Number) });
  });

  test('is readable without --json, in both languages', () => {
    const { lines } = decode(['sl651', STATUS]);
    expect(lines.join('\n')).toContain('查询状态和报警信息 status and alarms');
  });

  test('says what is no hexadecimal, and what it does not know', () => {
    expect(decode(['sl651', '7E7G', '--json'])).toMatchObject({
      ...{ code: 1, lines: [JSON.stringify({ error: '"G" is no hexadecimal digit', offset: 1 })] },
    });
    expect(decode(['morse', '7E']).code).not.toBe(0);
  });
});
