export {
  type Cycle,
  PlanBadge,
  PortalButton,
  type PortalButtonProps,
  PricingTable,
  type PricingTableProps,
  UsageMeter,
  type UsageMeterProps,
} from './components.tsx';
export { type LimitState, useEntitlements, useLimit, usePortalLink, usePricing } from './hooks.ts';
export { PlinthProvider, type PlinthProviderProps } from './provider.tsx';
export type { Loaded } from './resource.ts';
export type { Compared, CustomerEntitlements, Entitlement, Plan, PriceList } from './replies.ts';
