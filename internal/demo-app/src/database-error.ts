/** The database behind the cluster can't be used; the text says why and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}
