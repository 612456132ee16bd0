import { type ReactNode, useId } from 'react';

interface HeadedProps {
  readonly title: ReactNode;
  readonly children?: ReactNode;
}

/** What a page is, and what is said of it beside. */
export const Head = ({ title, about, children }: HeadedProps & { readonly about?: ReactNode }) => (
  <header className="page">
    <h1>{title}</h1>
    {about !== undefined && <span className="dim">{about}</span>}
    {children}
  </header>
);

/** A part of a page, by its heading. */
export function Section({ title, children }: HeadedProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
