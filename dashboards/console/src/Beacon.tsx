/** The sign of the project: a beacon tower with its fire. */
export function Beacon({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M9 29l2.6-14h8.800L23 29z" fill="#d9c7a3" />
      <path d="M10 12.500h12v3H10z" fill="#f3e7cb" />
      <path
        d="M16 2c3.200 3.200 4.300 5 4.300 6.800A4.300 4.300 0 0 1 16 13a4.300 4.300 0 0 1-4.300-4.200C11.700 7 13 5.500 16 2z"
        fill="#ea5233"
      />
    </svg>
  );
}
