/** A village's box on simulated wires: a crack meter, a relay board with siren and button, a speech module; no centre. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { decodeBatch } from '#model/batch.ts';
import type { EdgeConfig, LocalConfig, UnitConfig } from '#model/edge-config.ts';
import type { EdgeEvent } from '#model/edge-event.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { LineConfig, SimulatorService } from '#simulators/config.ts';
import { readServedLines, writesTo } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { EDGE_ID, edgeConfig, loadProfiles, testContext } from './support.ts';

export const BOARD = 9;
export const METER = 1;
export const PROFILES = { meter: 'crack-meter-rs485', board: 'waveshare-relay-d' } as const;

const limit = (level: 'orange' | 'red', at: number) => ({
  ...{ level, limit: at, deadband: 100, onDelayMs: 0, offDelayMs: 0 },
});

/** Orange at 40 mm, red at 80 mm, at once. */
export const RULES: CompiledRuleSet = {
  version: 'rules-1',
  tickMs: 5_000,
  inventory: [
    { sensorId: 'crack', pointId: 'taoshuwan', edgeId: EDGE_ID, quantity: 'displacement', staleAfterMs: 60_000 },
  ],
  rules: [
    {
      rule: 'opening@1',
      title: { zh: '裂缝位移', en: 'crack opening' },
      ...{ hazard: 'landslide', pointId: 'taoshuwan', sensorId: 'crack', measure: { kind: 'value' } },
      limits: [limit('orange', 4_000), limit('red', 8_000)],
    },
  ],
  silence: { staleLevel: 'blue', gatewayLostLevel: 'yellow', gatewayLostAfterMs: 120_000 },
};

export type LocalWish = {
  readonly maxOnMs?: number;
  readonly muteMs?: number;
  readonly speaker?: { readonly path: string; readonly repeatMs: number };
};

export function localConfig({ maxOnMs = 600_000, muteMs = 60_000, speaker }: LocalWish = {}): LocalConfig {
  const heard = { points: ['taoshuwan'], maxOnMs } as const;
  const { path, repeatMs } = speaker ?? { path: '', repeatMs: 0 };
  return {
    ruleSet: RULES,
    pointNames: { taoshuwan: { zh: '桃树湾滑坡', en: 'Taoshuwan landslide' } },
    outputs: [
      {
        ...{ id: 'siren', name: { zh: '警报器', en: 'siren' }, ...heard, minLevel: 'red', kind: 'relay' },
        ...{ busId: 'a', unitId: BOARD, register: 'output-1' },
      },
      ...(speaker === undefined
        ? []
        : [
            {
              ...{ id: 'speaker', name: { zh: '喇叭', en: 'loudspeaker' }, ...heard, minLevel: 'orange' as const },
              ...{ kind: 'speaker' as const, line: { path, baudRate: 9600 }, repeatMs },
            },
          ]),
    ],
    mutes: [
      { id: 'button', busId: 'a', unitId: BOARD, register: 'input-1', outputs: ['siren', 'speaker'], muteMs },
    ].map((mute) => (speaker === undefined ? { ...mute, outputs: ['siren'] } : mute)),
  };
}

const meter = (unitId: number, sensorId: string): UnitConfig => ({
  ...{ unitId, profile: PROFILES.meter, sensors: [{ sensorId, register: 'displacement' }] },
});

/** Units 2 and up are further meters that no rule looks at. */
export function villageConfig(
  folder: string,
  mqttPort: number,
  local: LocalConfig,
  more: { readonly meters?: number; readonly pollMs?: number } = {},
): EdgeConfig {
  const others = Array.from({ length: (more.meters ?? 1) - 1 }, (_, index) => index + 2).map((id) =>
    meter(id < BOARD ? id : id + 1, `other-${id}`),
  );
  const units = [meter(METER, 'crack'), ...others, { unitId: BOARD, profile: PROFILES.board, sensors: [] }];
  const path = join(folder, 'line.edge');
  const wire = { kind: 'modbus-rtu', path, baudRate: 9600, parity: 'none' } as const;
  const bus = { id: 'a', ...wire, pollMs: more.pollMs ?? 200, units };
  return { ...edgeConfig(folder, mqttPort, [bus]), local };
}

export type Village = Awaited<ReturnType<typeof startVillage>>;

/** The simulated half of `villageConfig`: every meter at 5 mm until it is told otherwise. */
export async function startVillage(folder: string, config: EdgeConfig) {
  const profiles = loadProfiles();
  const [bus] = config.buses;
  const line: LineConfig = {
    ...{ id: 'a', kind: 'pty', edgePath: join(folder, 'line.edge'), baudRate: 9600 },
    units: (bus?.units ?? []).flatMap(({ unitId, profile }) => {
      const found = profiles[profile];
      return found === undefined ? [] : [{ unitId, kind: 'profile', profile: found, registers: [] }];
    }),
    faults: [],
    pace: { baudRate: 9600, turnaroundMs: 5 },
  };
  const dataDir = join(folder, 'sim');
  const simulators: SimulatorService = await startSimulators(
    { dataDir, seed: 7, startAfterMs: null, lines: [line] },
    testContext(),
  );
  const setOpening = (mm: number, unitId = METER) =>
    simulators.force({ lineId: 'a', unitId, register: 'displacement' }, mm, null);
  for (const { unitId, profile } of bus?.units ?? []) if (profile === PROFILES.meter) setOpening(5, unitId);
  const served = () => readServedLines(join(dataDir, 'served-a.jsonl'));
  const writes = () => writesTo(served(), { unitId: BOARD, table: 'coil', address: 0 });
  return {
    simulators,
    served,
    setOpening,
    /** Writes to the siren's coil, in order. */
    writes,
    siren: () => (writes().at(-1)?.value ?? 0) === 1,
    press: () => simulators.force({ lineId: 'a', unitId: BOARD, register: 'input-1' }, 1, 2_000),
    stop: () => simulators.stop(),
  };
}

/** Every event in the outbox, in the order of the batches. */
export function eventsOnDisk(dataDir: string): readonly EdgeEvent[] {
  const name = readdirSync(dataDir).find((entry) => entry.endsWith('.sqlite'));
  const db = name === undefined ? undefined : openReadable(join(dataDir, name));
  try {
    const rows = (db?.prepare('SELECT body FROM batch WHERE events > 0 ORDER BY seq').all() ?? []) as {
      readonly body: string;
    }[];
    return rows.flatMap(({ body }) => {
      const batch = decodeBatch(body);
      return batch.ok ? batch.value.events : [];
    });
  } finally {
    db?.close();
  }
}

/** `siren on red`, `opening@1 none>red`: acts and conditions as a story. */
export const story = (events: readonly EdgeEvent[]): readonly string[] =>
  events.flatMap((event) => {
    if (event.kind === 'act') return [`${event.output} ${event.act} ${event.level}`];
    if (event.kind === 'condition')
      return [
        `${event.condition.rule} ${event.condition.from}>${event.condition.to}${event.condition.late ? ' late' : ''}`,
      ];
    return event.kind === 'conditions' ? [`stands ${event.active.map(({ to }) => to).join(' ')}`] : [];
  });

export function writeConfig(folder: string, config: EdgeConfig): string {
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** A speech module on a serial port: takes its frames apart by itself, and answers as its data sheet says. */
export async function startSpeechModule(path: string, speakMs = 200) {
  const port = new SerialPort({ path, baudRate: 9600, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((cause) => (cause === null ? resolve() : reject(cause))));
  const said: string[] = [];
  const state = { mute: false, stops: 0, bad: 0 };
  let received = Buffer.alloc(0);
  let speaking: NodeJS.Timeout | undefined;
  const answer = (byte: number) => void (state.mute || port.write(Buffer.of(byte)));
  const take = (frame: Buffer) => {
    if (frame.reduce((xor, byte) => xor ^ byte, 0) !== 0) {
      state.bad++;
      return answer(0x45);
    }
    answer(0x41);
    clearTimeout(speaking);
    if (frame[3] === 0x02) {
      state.stops++;
      return answer(0x4f);
    }
    said.push(
      Buffer.from(frame.subarray(5, -1))
        .swap16()
        .toString('utf16le')
        .replace(/^\[v16\]/, ''),
    );
    speaking = setTimeout(() => answer(0x4f), speakMs);
  };
  port.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 3 && received[0] === 0xfd) {
      const length = 3 + received.readUInt16BE(1);
      if (received.length < length) return;
      take(received.subarray(0, length));
      received = received.subarray(length);
    }
  });
  return {
    said,
    state,
    stop: () =>
      new Promise<void>((resolve) => {
        clearTimeout(speaking);
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
}
