/** An error response as AWS sends it. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The code by which SDKs name the error: `InvalidParameterValue`, `ValidationException`. */
  readonly code: string;
  readonly httpStatus: number;

  constructor(code: string, message: string, httpStatus = 400) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

export function clusterNotFound(clusterId: string): AwsError {
  return new AwsError('CacheClusterNotFound', `CacheCluster not found: ${clusterId}`, 404);
}

export function invalidState(clusterId: string): AwsError {
  return new AwsError('InvalidCacheClusterState', `Cache cluster ${clusterId} is not in available state.`);
}

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message);
}

/** An error of Application Auto Scaling. */
export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
