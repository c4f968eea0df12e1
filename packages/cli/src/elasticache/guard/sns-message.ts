/** Messages of Amazon SNS over HTTP. Anyone can send to the port, so only messages signed by AWS count. */
import { loadPeer } from '../load-peer.ts';

interface SnsMessage {
  readonly type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly topic: string;
  readonly message: string;
  readonly subscribeUrl: string | undefined;
}

/** Resolves to the message if it is signed by AWS and of this topic; rejects otherwise. */
export type SnsVerifier = (body: string) => Promise<SnsMessage>;

interface Validator {
  validate(message: string, done: (error: Error | null, message?: Readonly<Record<string, unknown>>) => void): void;
}

const TYPES: readonly string[] = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'];
/** The hosts at which AWS confirms subscriptions. */
const SUBSCRIBE_URL = /^https:\/\/sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?\//;

/** @throws {UsageError} if `sns-validator` is not installed */
export async function snsVerifier(topic: string): Promise<SnsVerifier> {
  const { default: MessageValidator } = await loadPeer('sns-validator', () => import('sns-validator'));
  const validator: Validator = new MessageValidator();
  return (body) =>
    new Promise((resolve, reject) => {
      validator.validate(body, (error, message = {}) => {
        if (error !== null) return reject(error);
        const { Type: type, TopicArn: from, Message: text, SubscribeURL: url } = message;
        if (typeof type !== 'string' || !TYPES.includes(type)) return reject(new Error('It is of no known type.'));
        if (from !== topic) return reject(new Error('It is of another topic.'));
        resolve({
          type: type as SnsMessage['type'],
          topic,
          message: typeof text === 'string' ? text : '',
          subscribeUrl: typeof url === 'string' && SUBSCRIBE_URL.test(url) ? url : undefined,
        });
      });
    });
}
