import type { ReactNode } from 'react';

interface FactsProps {
  readonly of: Readonly<Record<string, ReactNode>>;
  /** Below each other, and not side by side. */
  readonly isList?: boolean;
  readonly isMono?: boolean;
}

/** Figures and words of one thing. What is `undefined` is left out. */
export function Facts({ of, isList = false, isMono = false }: FactsProps) {
  return (
    <dl className={[isList ? '' : 'facts', isMono ? 'ids' : ''].join(' ').trim() || undefined}>
      {Object.entries(of).map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
