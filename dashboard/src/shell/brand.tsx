/** Name and sign of the product, on dark ground. */
export function Brand() {
  return (
    <div
      style={{
        display: 'flex',
        alignItems: 'center',
        gap: 10,
        padding: '16px 20px',
        color: '#ffffff',
        fontSize: 19,
        fontWeight: 650,
        letterSpacing: 0.2,
      }}
    >
      <BrandSign size={30} />
      Tideway
    </div>
  )
}

/** The wave. */
export function BrandSign({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <defs>
        <linearGradient id="brand" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#2bb3c9" />
          <stop offset="1" stopColor="#0b6e8f" />
        </linearGradient>
      </defs>
      <rect width="32" height="32" rx="8" fill="url(#brand)" />
      <g fill="none" stroke="#ffffff" strokeLinecap="round">
        <path d="M5 15c3.7 0 3.7-5 7.3-5s3.7 5 7.4 5 3.6-5 7.3-5" strokeWidth="2.6" />
        <path d="M5 23c3.7 0 3.7-5 7.3-5s3.7 5 7.4 5 3.6-5 7.3-5" strokeWidth="2.6" opacity=".55" />
      </g>
    </svg>
  )
}
