declare module 'express-4' {
  import express = require('express');
  export default express;
}
