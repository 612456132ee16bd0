import { products } from 'plinth:products';
import { useIsMine } from '../account.ts';

/** Pages that products brought along, of those that run and are for who is signed in: for everybody, or for operators. */
export function useProductLinks(areOperators: boolean) {
  const isMine = useIsMine();
  return products.flatMap(({ product, pages }) =>
    pages
      .filter(({ isOperators = false }) => isOperators === areOperators && isMine({ isOperators, product }))
      .map(({ page, title }) => ({ product, page, title })),
  );
}
