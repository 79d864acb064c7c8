// Light, noise and tone mapping that people and rooms share.
uniform sampler2DShadow shadow;
uniform sampler3D noise_volume;
uniform vec3 eye, sun, sun_colour, ambient;
uniform float seed;

float hash(vec3 p) {
  p = fract(p * 0.3183099 + vec3(0.1, 0.17, 0.13));
  p *= 17.0;
  return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

float noise(vec3 p) { return texture(noise_volume, p / 32.0).r; }

float layered(vec3 p) { return 0.55 * noise(p) + 0.28 * noise(p * 2.1) + 0.17 * noise(p * 4.3); }

// 1 in the sun, 0 in the shadow, soft at the edge.
float sunlit(vec4 from_sun) {
  vec3 q = from_sun.xyz / from_sun.w * 0.5 + 0.5;
  if (any(lessThan(q.xy, vec2(0.01))) || any(greaterThan(q.xy, vec2(0.99))) || q.z > 0.999) return 1.0;
  float sum = 0.0;
  float texel = 1.0 / float(textureSize(shadow, 0).x);
  for (int i = 0; i < 4; i++) {
    vec2 shift = (vec2(i & 1, i >> 1) - 0.5) * texel * 1.8;
    sum += texture(shadow, vec3(q.xy + shift, q.z - 0.0022));
  }
  return sum / 4.0;
}

// Narkowicz's fit of the ACES film curve, then sRGB's gamma.
vec3 toned(vec3 c) {
  c *= 0.5;
  c = c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14);
  return pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.2));
}
