/** What two people who draw one ditch differ by: 100 m² is a metre over a hundred metres. */
export const SLIVER_M2 = 100;
