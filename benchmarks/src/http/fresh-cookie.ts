/** A new cookie as long as that of a session, but useless: a number instead of an id and its signature. */
export function freshCookie(): string {
  issued += 1;
  return `sid=${issued.toString().padStart(80, '0')}; Path=/; HttpOnly; SameSite=Lax`;
}

let issued = 0;
