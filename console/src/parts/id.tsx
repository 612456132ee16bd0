/** An id, short where it stands among others: all of it on hover. */
export const Id = ({ id }: { readonly id: string }) => (
  <span className="mono" title={id}>
    {id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id}
  </span>
);
