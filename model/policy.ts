/**
 * The county's policy as one compiled table: who is told, by which channels, how they are asked until they answer, what is
 * reported upwards and when. Read from `policy.yaml`, linted; times of day are the county's own.
 */
import type { Level } from '#model/level.ts';
import type { AlertHazard, GridCode, Post, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';

/** A group of people, found along the subject's own chain of grids and nowhere else. */
export type Group =
  /** Holders of posts in the chain's grids of these tiers; `posts` null: any post. */
  | { readonly kind: 'posts'; readonly tiers: readonly Tier[]; readonly posts: readonly Post[] | null }
  /** Whoever is on duty in the chain's grid of this tier at that time. */
  | { readonly kind: 'duty'; readonly tier: Tier }
  /** Whoever has to wake the households of the point's evacuation list. */
  | { readonly kind: 'households' }
  /** Members of the teams whose hazard it is and who cover one of the chain's grids, from each team's own level on. */
  | { readonly kind: 'teams' };

/** When a line counts; a part that is absent always holds. */
export type When = {
  readonly hazards?: readonly AlertHazard[];
  /** Minutes of the day, `[from, to)`; it goes round midnight when `to` is not after `from`. */
  readonly hours?: { readonly fromMinute: number; readonly toMinute: number };
  /** Grids with all below them. */
  readonly grids?: readonly GridCode[];
};

export type PolicyLine = {
  /** This level and all worse ones. */
  readonly from: Level;
  readonly group: Group;
  readonly why: Text;
  readonly when?: When;
};

/** The order in which one person's channels are tried, by the ids of the county's channels. The first line that holds counts. */
export type ChannelOrder = { readonly from: Level; readonly channels: readonly string[]; readonly when?: When };

/** How a person is asked (叫应). The first line that holds counts. */
export type CallRule = {
  readonly from: Level;
  /** False: told once, no answer is waited for. */
  readonly ask: boolean;
  /** Tries within `withinMs`, evenly spaced; each goes to the next channel in the person's order. */
  readonly tries: number;
  readonly withinMs: number;
  /** Whom to ask when a person is silent: his deputy in the same grid, then whoever answers for the tier above. */
  readonly next: readonly ('deputy' | 'above')[];
  /** Whether everybody who is asked must answer, or one answer ends the others' calls. Absent: everybody at red only. */
  readonly everybody?: boolean;
  readonly when?: When;
};

/** A report to the tier above (上报), or a copy to a department (抄告), with its time limit. */
export type ReportRule = {
  readonly id: string;
  readonly name: Text;
  readonly from: Level;
  /** The tier that reports; its grid is found in the alert's chain. */
  readonly fromTier: Tier;
  readonly to: 'above' | { readonly department: Text };
  readonly kind: 'telephone' | 'written' | 'followUp' | 'final' | 'copy';
  /** From the alert's first telling; `everyMs` repeats it (续报) as long as the alert is open. */
  readonly withinMs: number;
  readonly everyMs?: number;
  readonly when?: When;
};

export type Policy = {
  /** Hash of its content, so that an alert can say under which policy people were told. */
  readonly version: string;
  readonly point: readonly PolicyLine[];
  readonly gateway: readonly PolicyLine[];
  /** A warning for an area; asked in every grid that it touches. */
  readonly area: readonly PolicyLine[];
  readonly channels: readonly ChannelOrder[];
  readonly calls: readonly CallRule[];
  readonly reports: readonly ReportRule[];
  /** Opens the evacuation list by itself from this level on. */
  readonly evacuation: readonly { readonly from: Level; readonly when?: When }[];
  /** Sirens, speakers and the broadcast platform from this level on. */
  readonly broadcast: readonly { readonly from: Level; readonly when?: When }[];
  /** Levels that stay until somebody resets them, though the condition has cleared. */
  readonly latch: readonly { readonly from: Level; readonly when?: When }[];
  /** Asked again as long as it is open and nobody closed it (re-alarm). Absent: never. */
  readonly askAgainMs?: number;
  /** A shift that nobody took over within so long is written into the ledger. Absent: hand-overs are not watched. */
  readonly takeOverWithinMs?: number;
  /** The longest time for which an alert may be shelved. */
  readonly shelveAtMostMs: number;
  /** A person who got `messages` within `windowMs` gets the next ones together, every `everyMs`; never a first red. */
  readonly digest: { readonly messages: number; readonly windowMs: number; readonly everyMs: number };
};
