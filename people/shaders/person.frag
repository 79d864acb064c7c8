// Skin, eyes, cloth or hair, drawn in the unshaped body's coordinates. KIND says which.
in vec3 world, world_normal, drawn, worn;
in vec2 texture_point;
in vec4 sun_point;
out vec4 colour;
uniform sampler2D masks;  // lips, eyelids, face, ears
uniform vec3 skin, shirt, trousers, shoes, hair, iris;
uniform float long_hair, striped;

struct Surface { vec3 colour, normal; float specular, gloss, wrap; };

vec3 ruffled(vec3 n, vec3 a, vec3 b, vec3 c, float strength) {
  return normalize(n + strength * (vec3(noise(a), noise(b), noise(c)) - 0.5));
}

float hairline(vec3 p) {
  float line = p.z > 0.035 ? 0.728 + 0.058 * pow(clamp((p.z - 0.035) / 0.075, 0.0, 1.0), 0.7)
             : p.z > 0.0 ? 0.728 : 0.728 - 0.09 * clamp(-p.z / 0.045, 0.0, 1.0);
  return line + 0.004 * (noise(p * 220.0) - 0.5) + 0.0025 * (noise(p * 700.0) - 0.5);
}

Surface scalp(vec3 p, vec3 n) {
  float strand = noise(p * vec3(260.0, 60.0, 160.0));
  vec3 c = hair * (0.6 + 0.8 * strand) * (0.8 + 0.4 * noise(p * 40.0));
  return Surface(c, ruffled(n, p * 210.0, p * 190.0 + 4.0, p * 230.0 + 8.0, 0.7), 0.10, 12.0, 0.15);
}

Surface bare(vec3 p, vec3 n) {
  vec4 m = texture(masks, texture_point);
  vec3 c = skin * (0.90 + 0.2 * layered(p * 30.0)) * (0.96 + 0.08 * noise(p * 160.0));
  c = mix(c, c * vec3(1.06, 0.90, 0.86), m.b * 0.5 + m.a * 0.6);
  c = mix(c, skin * vec3(0.80, 0.48, 0.47), m.r * 0.75);
  c = mix(c, c * vec3(0.80, 0.70, 0.68), m.g * 0.6);
  float out_x = abs(p.x), t = clamp((out_x - 0.011) / 0.044, 0.0, 1.0);
  float brow = 0.7505 + 0.0075 * sin(t * 2.2) - 0.006 * t * t, thick = mix(0.0046, 0.0020, t);
  if (p.z > 0.08 && out_x > 0.011 && out_x < 0.055)
    c = mix(c, hair * 0.8, 0.62 * (1.0 - smoothstep(thick * 0.6, thick * 1.2, abs(p.y - brow))));
  return Surface(c, n, 0.10, 18.0, 0.35);
}

Surface eyeball(vec3 p, vec3 n) {
  float angle = acos(clamp(normalize(p).z, -1.0, 1.0));
  vec3 c = mix(iris, vec3(0.80, 0.77, 0.74), smoothstep(0.42, 0.48, angle));
  return Surface(mix(vec3(0.01), c, smoothstep(0.17, 0.22, angle)), n, 0.6, 60.0, 0.15);
}

Surface cloth(vec3 p, vec3 n) {
  if (worn.x < 0.0) discard;
  float inside = gl_FrontFacing ? 1.0 : 0.45;
  n = gl_FrontFacing ? n : -n;
  if (worn.z > 1.5) {
    float height = p.y + 0.8168;
    vec3 c = height < 0.03 ? vec3(0.75) : shoes * (fract(p.z * 22.0) < 0.25 && height > 0.06 ? 0.6 : 1.0);
    return Surface(c * inside, n, 0.02, 8.0, 0.15);
  }
  bool top = worn.y > 0.0;
  vec3 c = top ? shirt : trousers;
  if (top && striped > 0.5 && fract(p.y * 9.0) < 0.30) c = mix(c, vec3(0.85), 0.75);
  float wrinkle = layered(p * vec3(16.0, 34.0, 16.0) + 3.7);
  n = ruffled(n, p * 37.0, p * 37.0 + 9.0, p * 37.0 + 5.0, 0.55 * wrinkle);
  float hem = min(worn.x, abs(worn.y) * 0.35);
  c *= (0.82 + 0.36 * wrinkle) * mix(0.62, 1.0, smoothstep(0.0, 0.03, hem));
  return Surface(c * inside, n, 0.02, 8.0, 0.15);
}

Surface strands(vec3 p, vec3 n) {
  if (long_hair < 0.05 || p.y < mix(0.70, 0.42, long_hair) || p.z > 0.035) discard;
  vec3 c = hair * (0.55 + 0.9 * noise(p * vec3(170.0, 25.0, 90.0)));
  float tilt = noise(p * vec3(150.0, 20.0, 90.0));
  return Surface(c, normalize(n + 0.5 * (vec3(tilt) - 0.5)), 0.18, 14.0, 0.25);
}

Surface surface(vec3 p, vec3 n) {
#if KIND == 0
  return worn.x > 5.0 && p.y > hairline(p) ? scalp(p, n) : bare(p, n);
#elif KIND == 1
  return eyeball(p, n);
#elif KIND == 2
  return cloth(p, n);
#else
  return strands(p, n);
#endif
}

void main() {
  Surface s = surface(drawn, normalize(world_normal));
  vec3 to_eye = normalize(eye - world), n = s.normal;
  float direct = max(0.0, (dot(n, sun) + s.wrap) / (1.0 + s.wrap)), lit = sunlit(sun_point);
  float sky = 0.5 + 0.5 * n.y;
  vec3 opposite = normalize(vec3(-sun.x, 0.25, 0.8 * sign(eye.z + 0.001)));
  float fill = max(0.0, dot(n, opposite));
  float near_floor = mix(0.55, 1.0, clamp(world.y * 2.2 + 0.25 + 0.3 * n.y, 0.0, 1.0));
  vec3 light = sun_colour * direct * mix(0.18, 1.0, lit)
             + ambient * ((0.45 + 0.55 * sky) * near_floor + 0.16 * fill);
  float shine = s.specular * pow(max(dot(n, normalize(sun + to_eye)), 0.0), s.gloss) * lit;
  float rim = 0.10 * pow(1.0 - max(dot(n, to_eye), 0.0), 3.0);
  colour = vec4(toned(s.colour * (light + rim * ambient) + shine * sun_colour), 1.0);
}
