/** A virtual modem on a pseudo-terminal: what opens its path finds a modem, and may pull its plug. */
import type { StageContext } from '#model/ports.ts';
import { openPty } from '#simulators/io/line-pty.ts';
import { createPlug, type Plug } from '#simulators/io/plug.ts';
import type { ModemBehaviour } from '../behaviour.ts';
import { createModem, type Modem } from '../modem.ts';

export type ModemLine = {
  readonly path: string;
  readonly modem: Modem;
  readonly plug: Plug;
  readonly close: () => Promise<void>;
};

export async function openModemLine(
  path: string,
  ctx: StageContext,
  behaviour: Partial<ModemBehaviour> = {},
): Promise<ModemLine> {
  const plug = createPlug();
  const cancels = new Set<() => void>();
  let write: (bytes: Uint8Array) => void = () => undefined;
  const modem = createModem(
    {
      write: (text) => write(Buffer.from(text, 'latin1')),
      nowMs: ctx.clock.nowMs,
      after: (ms, run) => {
        const cancel = ctx.clock.after(ms, () => {
          cancels.delete(cancel);
          run();
        });
        cancels.add(cancel);
      },
    },
    behaviour,
  );
  const pty = await openPty({
    id: 'modem',
    edgePath: path,
    plug,
    ctx,
    speaker: (send) => {
      write = send;
      return {
        take: (chunk) => modem.take(Buffer.from(chunk).toString('latin1')),
        close: () => {
          write = () => undefined;
        },
      };
    },
  });
  return {
    path,
    modem,
    plug,
    close: async () => {
      for (const cancel of cancels) cancel();
      await pty.close();
    },
  };
}
