import type { ReactNode } from 'react';

interface SettingProps {
  readonly name: ReactNode;
  readonly value: ReactNode;
  /** What can be done with it. */
  readonly acts?: ReactNode;
  /** A form below it, while it is changed. */
  readonly children?: ReactNode;
}

/** One line: what it is, how it stands, what can be done. */
export function Setting({ name, value, acts, children }: SettingProps) {
  return (
    <li className="setting">
      <span>{name}</span>
      <span className="dim">{value}</span>
      <span className="right">{acts}</span>
      {children}
    </li>
  );
}
