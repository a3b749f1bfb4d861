/** A channel: hands one message over and says what came of it. It never throws and ends within its own time limit. */
import type { ChannelConfig } from '#model/registry.ts';
import type { Message } from '../../deliveries.ts';
import type { SendResult } from '../../retry.ts';

export type Parcel = { readonly message: Message; readonly repeated: boolean };
export type Channel = { readonly send: (parcel: Parcel, signal: AbortSignal) => Promise<SendResult> };

/** Makes the channel of a configured row; called again when its row changes. */
export type ChannelOpener<C extends ChannelConfig> = (config: C) => Channel;
