/** Debian's gammu, which knows nothing of us, speaks to the virtual modem: so the simulator is no echo of our own codec. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { needs } from '../support/needs.ts';
import { openModemRig } from './rig.ts';

const run = promisify(execFile);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.skipIf(!needs('socat', 'gammu'))('gammu on the virtual modem', () => {
  async function phone() {
    const rig = await openModemRig();
    closing.push(rig.close);
    const config = join(dirname(rig.path), 'gammurc');
    writeFileSync(config, `[gammu]\ndevice = ${rig.path}\nconnection = at115200\n`);
    const gammu = async (...words: readonly string[]): Promise<string> => {
      const { stdout } = await run('gammu', ['--config', config, ...words], {
        timeout: 20_000,
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      return stdout;
    };
    return { ...rig, gammu };
  }

  it('sends a Chinese message of several parts through it, and reads what it holds', async () => {
    const { gammu, modem } = await phone();
    const text = '【演练】青石岭滑坡红色预警，请立即转移。'.repeat(5);
    await gammu('sendsms', 'TEXT', '13800000001', '-unicode', '-autolen', '300', '-text', text);
    expect(modem.sent()).toMatchObject([{ number: '13800000001', text }]);
    expect(modem.parts()).toHaveLength(2);
    modem.receive('+8613800000001', '收到１');
    const read = await gammu('getallsms');
    expect(read).toContain('+8613800000001');
    expect(read).toContain('收到１');
  });
});
