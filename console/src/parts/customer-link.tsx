import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Id } from './id.tsx';

interface CustomerLinkProps {
  readonly account: string | null | undefined;
  readonly name?: ReactNode;
}

/** An account among the operator's customers, by its name where that is known. */
export const CustomerLink = ({ account, name }: CustomerLinkProps) =>
  account == null ? (
    '–'
  ) : (
    <Link to="/app/customers" search={{ account }}>
      {name ?? <Id id={account} />}
    </Link>
  );
