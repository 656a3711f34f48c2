import type { ReactNode } from "react";

/** The product's mark: a page with its corner turned down, and a moon. */
export function Mark(): ReactNode {
  return (
    <span className="mark">
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path fillRule="evenodd" d="M3 3h13l5 5v13H3Zm2 2v14h14V9.5h-4.5V5Zm11.5.9v1.6h1.6ZM7.5 13a4.5 4.5 0 0 0 8.3 2.4 3.9 3.9 0 0 1-4.6-5.8A4.5 4.5 0 0 0 7.5 13Z" />
      </svg>
      <span>Turndown</span>
    </span>
  );
}
