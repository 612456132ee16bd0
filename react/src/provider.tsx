import { createContext, type ReactNode, useContext, useRef } from 'react';
import { createResource, type Resource } from './resource.ts';
import type { CustomerEntitlements, PriceList } from './replies.ts';

export interface PlinthProviderProps {
  /** The product that hooks and components are about. */
  readonly product: string;
  /** Asks the app's own server what its signed-in customer has. The browser never has a key. */
  readonly load: () => Promise<CustomerEntitlements>;
  /** Asks the app's own server for a link to the portal of its signed-in customer. */
  readonly portalLink?: () => Promise<string>;
  /** The address of the Plinth server, whose `GET /v1/plans` is public; CORS_ORIGINS there lists this app's origin. */
  readonly server?: string;
  /** In place of `server`: the reply of `GET /v1/plans`, from elsewhere. */
  readonly loadPrices?: () => Promise<PriceList>;
  readonly children?: ReactNode;
}

interface PlinthContext {
  readonly product: string;
  readonly entitlements: Resource<CustomerEntitlements>;
  readonly prices: Resource<PriceList>;
  readonly portalLink: () => Promise<string>;
}

const Context = createContext<PlinthContext | undefined>(undefined);

/** Loads what its hooks and components show, once for all of them. Give it `key={user.id}` where users change without a new page. */
export function PlinthProvider({ children, ...props }: PlinthProviderProps): ReactNode {
  // Functions that are made anew by each render are called in their last form, and load nothing by that.
  const last = useRef(props);
  last.current = props;
  const context = useRef<PlinthContext | undefined>(undefined);
  if (context.current?.product !== props.product)
    context.current = {
      product: props.product,
      entitlements: createResource(() => last.current.load()),
      prices: createResource(() => loadPrices(last.current)),
      portalLink: () => {
        const { portalLink } = last.current;
        return portalLink?.() ?? Promise.reject(new Error('PlinthProvider was given no portalLink'));
      },
    };
  return <Context.Provider value={context.current}>{children}</Context.Provider>;
}

async function loadPrices({ product, server, loadPrices: load }: PlinthProviderProps): Promise<PriceList> {
  if (load !== undefined) return load();
  if (server === undefined) throw new Error('PlinthProvider was given neither server nor loadPrices');
  const answered = await fetch(new URL(`/v1/plans?product=${encodeURIComponent(product)}`, server));
  if (!answered.ok) throw new Error(`the price list could not be loaded: ${answered.status}`);
  return (await answered.json()) as PriceList;
}

export function usePlinth(): PlinthContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error('Put a <PlinthProvider> around this component.');
  return context;
}
