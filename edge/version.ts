/** The version of the edge agent: travels in its birth message and answers `fengsui --version`. */
export const EDGE_VERSION = '0.1.0';
