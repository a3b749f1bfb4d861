/** A channel: hands one message over and says what came of it. It never throws and ends within its own time limit. */
import type { Receipt } from '#model/call.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { Log } from '#model/ports.ts';
import type { PersonId, Registry } from '#model/registry.ts';
import type { Clock } from '#model/time.ts';
import type { Message } from '../../deliveries.ts';
import type { SendResult } from '../../retry.ts';
import type { MqttConfig } from '../publish.ts';

/** The one person whom it goes to; null for a platform, a group or devices. */
export type Addressee = {
  readonly personId: PersonId;
  readonly name: string;
  readonly phone: string;
  readonly email: string | null;
  /** His name on this channel, where it has names of its own. */
  readonly account: string | null;
};
export type Parcel = { readonly message: Message; readonly repeated: boolean; readonly to: Addressee | null };
export type Channel = {
  readonly send: (parcel: Parcel, signal: AbortSignal) => Promise<SendResult>;
  /** Tries the way without reaching anybody; `accepted` when it is open. Absent: only sending shows it. */
  readonly selfTest?: (signal: AbortSignal) => Promise<SendResult>;
  /** Closes what it keeps open (a line, a connection). */
  readonly close?: () => Promise<void>;
};

/** What a channel may use. Time that the chain's people live by is the clock's; timeouts of a wire are real. */
export type ChannelTools = {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: () => Registry;
  /** What came back after handing over; kept by the store before anything else happens. */
  readonly report: (receipt: Receipt) => void;
  /** Our own broker; null where there is none. */
  readonly mqtt: MqttConfig | null;
};

/** Makes the channel of a configured row; called again when its row changes. */
export type ChannelOpener<C extends ChannelConfig> = (config: C, tools: ChannelTools) => Channel;
