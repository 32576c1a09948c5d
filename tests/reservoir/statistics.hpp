// Statistical checks for samples. Each check returns the probability that a correct sampler would deviate at
// least this much; a test requires more than kFalseAlarm. Seeds are fixed, so a test never fails by chance: the
// probability says how likely a new seed is to fail although the sampler is correct.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace entail::reservoir::statistics {

// For one check. This folder has fewer than a hundred, so a correct sampler passes all with 1 - 1e-4, for any
// seeds.
constexpr double kFalseAlarm = 1e-6;

// Two-sided tail of the normal law.
inline double normal_tail(double deviations) { return std::erfc(std::abs(deviations) / std::sqrt(2.0)); }

// Upper tail of chi-square: the regularised incomplete gamma Q(freedom/2, x/2), as a series or a continued fraction.
inline double chi_square_tail(double x, double freedom) {
  const double a = freedom / 2;
  const double y = x / 2;
  if (y <= 0) return 1;
  const double scale = std::exp(a * std::log(y) - y - std::lgamma(a));
  if (y < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < 10000 && term > sum * 1e-15; ++n) sum += term *= y / (a + n);
    return 1 - sum * scale;
  }
  double b = y + 1 - a;
  double c = 1e300;
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < 10000; ++n) {
    const double an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    fraction *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return fraction * scale;
}

// Law of the k+1-st smallest of n uniform numbers, Beta(k+1, n-k): P(at least k+1 of n lie at or below x).
inline double first_excluded_cdf(double x, unsigned k, unsigned n) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  double sum = 0;
  for (unsigned i = k + 1; i <= n; ++i)
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) + i * std::log(x) +
                    (n - i) * std::log1p(-x));
  return std::min(sum, 1.0);
}

// Kolmogorov-Smirnov: the largest distance between the empirical CDF and the uniform law (samples as CDF values).
inline double kolmogorov_tail(std::vector<double> cdf_values) {
  std::sort(cdf_values.begin(), cdf_values.end());
  const double n = static_cast<double>(cdf_values.size());
  double distance = 0;
  for (std::size_t i = 0; i < cdf_values.size(); ++i)
    distance = std::max(
        {distance, cdf_values[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - cdf_values[i]});
  const double t = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;  // Stephens' correction for finite n
  if (t < 0.2) return 1;
  double tail = 0;
  for (int j = 1; j <= 100; ++j) tail += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * t * t);
  return std::clamp(tail, 0.0, 1.0);
}

// How often each of n positions was in a sample of k, over several rounds.
struct Inclusion {
  std::vector<double> count;
  double k = 0;
  double rounds = 0;

  double n() const { return static_cast<double>(count.size()); }
  double share() const { return k / n(); }
  // All positions together; the factor accounts for sampling without replacement.
  double chi_square() const {
    double sum = 0;
    for (const double c : count) sum += std::pow(c - rounds * share(), 2) / (rounds * share() * (1 - share()));
    return chi_square_tail(sum * (n() - 1) / n(), n() - 1);
  }
  // `length` positions from `begin` compared with the rest, with one degree of freedom: the number included follows the
  // hypergeometric law. Detects what the test over all positions is too weak for.
  double contrast(std::size_t begin, std::size_t length) const {
    double sum = 0;
    for (std::size_t i = begin; i < begin + length; ++i) sum += count[i];
    const double m = static_cast<double>(length);
    const double variance = rounds * m * share() * (1 - share()) * (n() - m) / (n() - 1);
    return normal_tail((sum - rounds * m * share()) / std::sqrt(variance));
  }
};

// Whether the mean of these numbers is the expected one.
inline double mean_tail(const std::vector<double>& values, double expected) {
  const double n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / (n - 1);
  return normal_tail((mean - expected) / std::sqrt(variance / n));
}

}  // namespace entail::reservoir::statistics
