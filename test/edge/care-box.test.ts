import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { csqDbm, hwmonV, mmcliDbm, powerSupplyV } from '#edge/care/box.ts';
import { isMaterialChange, isUrgentChange, type OnlineStatus } from '#edge/care/status.ts';
import { askModemManager, askModemPort, readHwmon, readPowerSupply, watchBox } from '#edge/io/box-facts.ts';
import { Outbox } from '#edge/io/outbox.ts';
import { openSerialLine } from '#edge/io/serial-line.ts';
import { openStatusTeller } from '#edge/io/status.ts';
import { NOTHING_LOCAL } from '#model/edge-config.ts';
import { needs } from '#test/support/needs.ts';
import { startLine, tempDir, testContext, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

function tree(files: { readonly [path: string]: string }): string {
  const folder = tempDir();
  cleanups.push(folder.remove);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder.path, path, '..'), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  return folder.path;
}

const signal = (technology: string, fields: object): string =>
  JSON.stringify({ modem: { signal: { [technology]: fields } } });

describe('what the box knows of itself', () => {
  it.each([
    ['a supply of 12.3 V', powerSupplyV('12310000\n'), 12.31],
    ['a supply that says nothing', powerSupplyV(''), null],
    ['no file', powerSupplyV(undefined), null],
    ['a cell of 1.2 V, which is no supply', powerSupplyV('1200000'), null],
    ['an input that is called Vin', hwmonV('12048\n', 'Vin\n'), 12.05],
    ['an input called +12V', hwmonV('12048', '+12V'), 12.05],
    ['a core voltage', hwmonV('3300', 'Vcore'), null],
    ['an input without a label', hwmonV('12048', undefined), null],
    ['LTE by rssi', mmcliDbm(signal('lte', { rssi: '-71.00', rsrp: '-101.00' })), -71],
    ['LTE by rsrp alone', mmcliDbm(signal('lte', { rssi: '--', rsrp: '-101.00' })), -101],
    ['a modem without a signal', mmcliDbm(signal('lte', { rssi: '--', rsrp: '--' })), null],
    ['no JSON', mmcliDbm('error: no modems were found'), null],
    ['AT+CSQ 18', csqDbm('\r\n+CSQ: 18,99\r\n\r\nOK\r\n'), -77],
    ['AT+CSQ 0', csqDbm('+CSQ: 0,0\r'), -113],
    ['AT+CSQ unknown', csqDbm('+CSQ: 99,99\r'), null],
    ['AT+CSQ refused', csqDbm('\r\nERROR\r\n'), null],
  ])('%s', (_, found, wanted) => {
    expect(found).toBe(wanted);
  });

  it('is read from the tree of the kernel, the first that says something', async () => {
    const root = tree({
      'class/power_supply/AC/type': 'Mains\n',
      'class/power_supply/battery/voltage_now': '12650000\n',
      'class/hwmon/hwmon0/in0_input': '1050\n',
      'class/hwmon/hwmon0/in0_label': 'Vcore\n',
      'class/hwmon/hwmon1/in3_input': '24020\n',
      'class/hwmon/hwmon1/in3_label': 'VIN\n',
    });
    expect(await readPowerSupply(root)).toBe(12.65);
    expect(await readHwmon(root)).toBe(24.02);
    expect(await readPowerSupply(join(root, 'nothing'))).toBeNull();
  });

  it('asks ModemManager in its own words, and has no signal where there is none', async () => {
    const root = tree({
      mmcli: `#!/bin/sh\n[ "$*" = "-m any --signal-get -J" ] && echo '${signal('lte', { rssi: '-65.00' })}'\n`,
    });
    chmodSync(join(root, 'mmcli'), 0o755);
    expect(await askModemManager(join(root, 'mmcli'))).toBe(-65);
    expect(await askModemManager(join(root, 'missing'))).toBeNull();
  });

  it.skipIf(!needs('socat'))('asks a modem on a port of its own by AT+CSQ', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const line = await startLine(folder.path);
    cleanups.push(() => line.stop());
    const modem = await openSerialLine({ path: line.unit, baudRate: 115_200, parity: 'none' });
    if (!modem.ok) throw new Error(modem.error);
    cleanups.push(() => modem.value.close());
    let heard = '';
    modem.value.onBytes((bytes) => {
      heard += Buffer.from(bytes).toString();
      if (heard.endsWith('\r')) void modem.value.write(Buffer.from('AT+CSQ\r\r\n+CSQ: 21,0\r\n\r\nOK\r\n'));
    });
    expect(await askModemPort(line.edge)).toBe(-71);
    expect(heard).toBe('AT+CSQ\r');
    expect(await askModemPort(join(folder.path, 'nothing'))).toBeNull();
  });

  it('goes on when a source fails or hangs', async () => {
    const watch = watchBox({
      supplyV: [() => Promise.reject(new Error('no')), async () => 12],
      signalDbm: [async () => null],
      diskFreeBytes: () => Promise.reject(new Error('no')),
      uptimeS: () => 5,
    });
    cleanups.push(watch.stop);
    await until('it was asked', () => watch.facts() !== undefined);
    expect(watch.facts()).toEqual({ supplyV: 12, signalDbm: null, diskFreeBytes: null, uptimeS: 5 });
  });
});

describe('a status is said', () => {
  it('at each connect, when something changed that the centre goes by, at the next look when much changed, and in any case after a while', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const ctx = testContext();
    const outbox = new Outbox({ dataDir: folder.path, log: ctx.log, metrics: ctx.metrics });
    cleanups.push(() => outbox.close(0));
    const said: OnlineStatus[] = [];
    const facts = { supplyV: 12, signalDbm: -70, diskFreeBytes: 1e9, uptimeS: 1 };
    const state = { version: 'v1', supplyV: 12, isHeard: false };
    const teller = openStatusTeller(
      {
        ...{ ctx, outbox, recorder: { bootId: 'b', timeQuality: () => 'synced' } },
        config: () => ({ edgeId: 'e', inventoryVersion: state.version, local: NOTHING_LOCAL }),
        box: () => ({ ...facts, supplyV: state.supplyV }),
        ...{ lookEveryMs: 20, sayEveryMs: 400 },
      },
      {
        publish: (body) => {
          if (state.isHeard) said.push(JSON.parse(body) as OnlineStatus);
          return state.isHeard;
        },
        offsetMs: () => null,
      },
    );
    cleanups.push(teller.stop);
    teller.say();
    expect(said).toHaveLength(0);
    state.isHeard = true;
    teller.say();
    teller.sayIfChanged();
    expect(said).toMatchObject([{ box: { supplyV: 12 }, oldestQueuedMs: null, ruleSetVersion: null }]);
    state.version = 'v2';
    teller.sayIfChanged();
    expect(said.at(-1)?.inventoryVersion).toBe('v2');
    state.supplyV = 11;
    teller.sayIfChanged();
    expect(said).toHaveLength(2);
    await until('the look', () => said.length === 3);
    expect(said.at(-1)?.box?.supplyV).toBe(11);
    const fromMs = performance.now();
    await until('it is said again', () => said.length === 4);
    expect(performance.now() - fromMs).toBeGreaterThan(300);
  });
});

describe('a status is said before its time', () => {
  const box = { supplyV: 12.4, signalDbm: -70, diskFreeBytes: 1_000_000, uptimeS: 10 };
  const status: OnlineStatus = {
    ...{ state: 'online', edgeId: 'e', bootId: 'b', epoch: 'x', atMs: 0, inventoryVersion: 'v', version: '1' },
    ...{ timeQuality: 'synced', clockOffsetMs: 10, queuedBatches: 1, nextSeq: 5, oldestQueuedMs: 500, box },
    ruleSetVersion: null,
  };
  it.each<[string, Partial<OnlineStatus>, 'at once' | 'at the minute' | 'not']>([
    ['with another inventory', { inventoryVersion: 'w' }, 'at once'],
    ['with another epoch', { epoch: 'y' }, 'at once'],
    ['with other rules', { ruleSetVersion: 'r' }, 'at once'],
    ['when the clock became unsure', { timeQuality: 'unsure' }, 'at once'],
    ['when the clock moved by 2 s', { clockOffsetMs: 2_010 }, 'at once'],
    ['not when the clock moved by 0.2 s', { clockOffsetMs: 210 }, 'not'],
    ['not with another batch in the queue', { queuedBatches: 3, nextSeq: 9, atMs: 60_000 }, 'not'],
    ['when the queue grew', { queuedBatches: 40 }, 'at the minute'],
    ['when the supply fell by half a volt', { box: { ...box, supplyV: 11.9 } }, 'at the minute'],
    ['when the supply is not known any more', { box: { ...box, supplyV: null } }, 'at the minute'],
    ['when the signal fell by 12 dB', { box: { ...box, signalDbm: -82 } }, 'at the minute'],
    ['when a fifth of the disk went', { box: { ...box, diskFreeBytes: 800_000 } }, 'at the minute'],
    ['not because time passes', { box: { ...box, uptimeS: 70 }, atMs: 60_000 }, 'not'],
  ])('%s', (_, change, wanted) => {
    const now = { ...status, ...change };
    expect(isUrgentChange(status, now)).toBe(wanted === 'at once');
    expect(isMaterialChange(status, now)).toBe(wanted !== 'not');
  });
});
