/** The words of CAP 1.2 (OASIS, 2010-07-01) that a message is made of; the order of fields is the schema's. */

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2';

export const STATUSES = ['Actual', 'Exercise', 'System', 'Test', 'Draft'] as const;
export const MSG_TYPES = ['Alert', 'Update', 'Cancel', 'Ack', 'Error'] as const;
export const SCOPES = ['Public', 'Restricted', 'Private'] as const;
export const CATEGORIES = [
  'Geo',
  'Met',
  'Safety',
  'Security',
  'Rescue',
  'Fire',
  'Health',
  'Env',
  'Transport',
  'Infra',
  'CBRNE',
  'Other',
] as const;
export const RESPONSE_TYPES = [
  'Shelter',
  'Evacuate',
  'Prepare',
  'Execute',
  'Avoid',
  'Monitor',
  'Assess',
  'AllClear',
  'None',
] as const;
export const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const;
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const;
export const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const;

export type CapStatus = (typeof STATUSES)[number];
export type CapMsgType = (typeof MSG_TYPES)[number];
export type CapScope = (typeof SCOPES)[number];
export type CapCategory = (typeof CATEGORIES)[number];
export type CapResponse = (typeof RESPONSE_TYPES)[number];
export type CapUrgency = (typeof URGENCIES)[number];
export type CapSeverity = (typeof SEVERITIES)[number];
export type CapCertainty = (typeof CERTAINTIES)[number];

/** A name and its value: an event code, a parameter, a geocode. */
export type CapPair = { readonly valueName: string; readonly value: string };
/** The three by which one message names another. */
export type CapReference = { readonly sender: string; readonly identifier: string; readonly sent: string };

/** Latitude first, as CAP has it. */
export type CapPolygon = readonly (readonly [lat: number, lon: number])[];
export type CapCircle = { readonly lat: number; readonly lon: number; readonly radiusKm: number };

export type CapArea = {
  readonly areaDesc: string;
  readonly polygons: readonly CapPolygon[];
  readonly circles: readonly CapCircle[];
  readonly geocodes: readonly CapPair[];
};

export type CapInfo = {
  /** RFC 3066; a message that says none is in en-US. */
  readonly language: string;
  readonly categories: readonly CapCategory[];
  readonly event: string;
  readonly responseTypes: readonly CapResponse[];
  readonly urgency: CapUrgency;
  readonly severity: CapSeverity;
  readonly certainty: CapCertainty;
  readonly eventCodes: readonly CapPair[];
  readonly effective: string | null;
  readonly onset: string | null;
  readonly expires: string | null;
  readonly senderName: string | null;
  readonly headline: string | null;
  readonly description: string | null;
  readonly instruction: string | null;
  readonly contact: string | null;
  readonly parameters: readonly CapPair[];
  readonly areas: readonly CapArea[];
};

export type CapMessage = {
  readonly identifier: string;
  readonly sender: string;
  readonly sent: string;
  readonly status: CapStatus;
  readonly msgType: CapMsgType;
  readonly source: string | null;
  readonly scope: CapScope;
  readonly restriction: string | null;
  readonly addresses: string | null;
  readonly codes: readonly string[];
  readonly note: string | null;
  readonly references: readonly CapReference[];
  readonly incidents: string | null;
  readonly infos: readonly CapInfo[];
};

/** One thing that is wrong, and where: a path such as `info[1].area[0].polygon[0]`. */
export type CapFinding = {
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
};
