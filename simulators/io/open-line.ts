/** How each kind of line is opened; a new kind is one file and one case here. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StageContext } from '#model/ports.ts';
import type { LineConfig } from '#simulators/config.ts';
import type { Line } from '#simulators/io/line.ts';
import { openDtuLine } from '#simulators/io/line-dtu.ts';
import { canMakeLines, openPtyLine } from '#simulators/io/line-pty.ts';
import { openSerialLine } from '#simulators/io/line-serial.ts';
import { openTcpLine } from '#simulators/io/line-tcp.ts';
import type { Plug } from '#simulators/io/plug.ts';
import type { Responder } from '#simulators/io/responder.ts';
import type { Scene } from '#simulators/io/scene.ts';

const LOOPBACK = '127.0.0.1';

export type Opening = {
  readonly line: LineConfig;
  readonly responder: Responder;
  readonly plug: Plug;
  readonly scene: Pick<Scene, 'portOf' | 'rememberPort'>;
  /** Whether pseudo-terminals can be made in this folder; asked once for all lines. */
  readonly linesWork: (folder: string) => Promise<boolean>;
  readonly ctx: StageContext;
};

/** Looks once whether this machine makes pseudo-terminals. */
export function lookForLines(): Opening['linesWork'] {
  let works: Promise<boolean> | undefined;
  return (folder) => {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    works ??= canMakeLines(folder);
    return works;
  };
}

/** A port of 0 is the one that the line had before, if that is still free. */
async function openTcp(
  opening: Opening,
  kind: 'modbus-rtu-tcp' | 'modbus-tcp',
  host: string,
  port: number,
): Promise<Line> {
  const { line, responder, plug, scene, ctx } = opening;
  const parts = { id: line.id, kind, host, pace: line.pace, responder, plug, ctx };
  const before = port === 0 ? scene.portOf(line.id) : undefined;
  const opened = await openTcpLine({ ...parts, port: before ?? port }).catch((cause: unknown) => {
    if (before === undefined) throw cause;
    return openTcpLine({ ...parts, port: 0 });
  });
  if (opened.address.kind !== 'modbus-rtu') scene.rememberPort(line.id, opened.address.port);
  return opened;
}

export async function openLine(opening: Opening): Promise<Line> {
  const { line, responder, plug, ctx } = opening;
  const common = { id: line.id, pace: line.pace, responder, plug, ctx };
  switch (line.kind) {
    case 'pty': {
      if (await opening.linesWork(dirname(line.edgePath)))
        return openPtyLine({ ...common, edgePath: line.edgePath, baudRate: line.baudRate });
      const opened = await openTcp(opening, 'modbus-rtu-tcp', LOOPBACK, 0);
      return { ...opened, note: 'no pseudo-terminal here (socat is missing): the same RTU frames run over TCP' };
    }
    case 'serial':
      return openSerialLine({ ...common, simPath: line.simPath, baudRate: line.baudRate, parity: line.parity });
    case 'rtu-tcp':
      return openTcp(opening, 'modbus-rtu-tcp', line.host, line.port);
    case 'modbus-tcp':
      return openTcp(opening, 'modbus-tcp', line.host, line.port);
    case 'dtu': {
      const { host, port, registration, heartbeat, heartbeatMs } = line;
      return openDtuLine({ ...common, host, port, registration, heartbeat, heartbeatMs });
    }
    default:
      return line satisfies never;
  }
}
