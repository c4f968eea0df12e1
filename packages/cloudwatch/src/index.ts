export { PUBLISHED, type PublishedBy } from './published.ts';
export { publishToCloudWatch, type CloudWatchOptions, type Publishing } from './publish-to-cloudwatch.ts';
