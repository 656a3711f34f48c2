/** What `src/shared/names.ts` has to be. */
export function namesModule(): string;
