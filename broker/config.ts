/** What the broker is started with, and the limits that hold when nothing else is said. */

export type BrokerConfig = {
  /** Loopback unless `allowRemote` says that a tunnel or a trusted network protects the port. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly credentialsFile: string;
  readonly allowRemote?: boolean;
  readonly limits?: Partial<BrokerLimits>;
  /** Where devices connect that speak in their own words; nowhere without it. */
  readonly devices?: { readonly host: string; readonly port: number };
  readonly handover?: Partial<HandoverLimits>;
};

/** Messages of devices that wait for ingest's disk. */
export type HandoverLimits = {
  /** Real time; then the device's connection ends without a PUBACK. */
  readonly timeoutMs: number;
  readonly waiting: number;
  /** Characters of base64. */
  readonly waitingBytes: number;
};
export const DEFAULT_HANDOVER: HandoverLimits = { timeoutMs: 10_000, waiting: 2_000, waitingBytes: 32_000_000 };

export type BrokerLimits = {
  readonly firstPacketBytes: number;
  readonly packetBytes: number;
  /** A connection that has not sent its whole CONNECT by then is closed. */
  readonly connectTimeoutMs: number;
  /** A client that does not read for so long is closed, so that it holds up nobody. */
  readonly drainTimeoutMs: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly filtersPerClient: number;
};

export const DEFAULT_LIMITS: BrokerLimits = {
  firstPacketBytes: 4_096,
  packetBytes: 1_048_576,
  connectTimeoutMs: 5_000,
  drainTimeoutMs: 2_000,
  connections: 2_000,
  connectionsPerAddress: 1_000,
  filtersPerClient: 50,
};

/** A topic that nobody can subscribe to: what was denied is answered and ends here. */
export const DENIED_TOPIC = 'fengsui/denied';

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
