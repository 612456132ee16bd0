import { type ReactNode, useEffect, useId, useRef } from 'react';
import { brandName } from '../text/index.ts';

interface HeadedProps {
  readonly title: ReactNode;
  readonly children?: ReactNode;
}

/** The heading of a page, also the title of its tab, and a remark beside it. */
export function Head({ title, about, children }: HeadedProps & { readonly about?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${heading.current?.textContent} · ${brandName}`;
    return () => void (document.title = brandName);
  }, [title]);
  return (
    <header className="page">
      <h1 ref={heading}>{title}</h1>
      {about !== undefined && <span className="dim">{about}</span>}
      {children}
    </header>
  );
}

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

interface EmptyProps {
  /** Says what will be here, why it is useful, and the one thing to do. */
  readonly children: ReactNode;
  /** The way to that thing, where it is on another page. */
  readonly way?: ReactNode;
}

/** A sentence with what stands between backticks as code. */
const withCode = (sentence: string) =>
  sentence.split('`').map((part, nth) => (nth % 2 === 0 ? part : <code key={part}>{part}</code>));

/** A part of a page that has nothing to show yet. */
export const Empty = ({ children, way }: EmptyProps) => (
  <div className="empty">
    <p>{typeof children === 'string' ? withCode(children) : children}</p>
    {way}
  </div>
);
